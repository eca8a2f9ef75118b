"""One rendered run, shared by the tests that look at it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from affinity.matrix import AffinityMatrix
from reports.inputs import Run, read_run
from reports.report import render
from tests.reports import samples

ReadSample = Callable[[str], Run]


def small_six() -> dict[str, dict[str, Any]]:
    """The confirmed run with six tasks, with the curves of two: panels take the most time to draw."""
    objects = samples.sample("six")
    curves = objects["evidence.json"]["curves"]
    objects["evidence.json"]["curves"] = {task: curves[task] for task in ("clone", "verb")}
    return objects


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the confirmed run with six tasks, with its report."""
    folder = samples.write(tmp_path_factory.mktemp("six") / "run", small_six())
    render(folder)
    return folder


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> ReadSample:
    """Reads one of the samples, by name."""
    known: dict[str, Run] = {}

    def read(name: str) -> Run:
        if name not in known:
            known[name] = read_run(samples.write(tmp_path_factory.mktemp(name), samples.sample(name)))
        return known[name]

    return read


@pytest.fixture(scope="session")
def matrix() -> AffinityMatrix:
    """The affinities of the run with six tasks."""
    return AffinityMatrix.from_dict(samples.sample("six")["affinity.json"])
