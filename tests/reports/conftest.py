"""One rendered run, shared by the tests that look at it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from affinity.matrix import AffinityMatrix
from reports.figures import draw_all
from reports.files import write_bytes
from reports.html import page
from reports.inputs import Run, read_run
from reports.report import render
from tests.reports import samples

ReadSample = Callable[[str], Run]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</title></svg><img src=x onerror=alert(3)>",
    "a\x07b\x1b[31m" + 15 * "very_long_name",
    "{{ 7 * 191 }}",
    "http\N{COLON}//$x_1$ --> & '\N{DIRECT HIT}",
)
"""Names as no task should have."""


def small_six() -> dict[str, dict[str, Any]]:
    """The confirmed run with six tasks, with the curves of two: panels take the most time to draw."""
    objects = samples.sample("six")
    curves = objects["evidence.json"]["curves"]
    objects["evidence.json"]["curves"] = {task: curves[task] for task in ("clone", "verb")}
    return objects


def hostile_six() -> dict[str, dict[str, Any]]:
    """The run with six tasks, all of whose texts are as bad as :data:`HOSTILE`: names, classes, examples, settings."""
    objects = small_six()
    text = json.dumps(objects)
    for task, name in zip(objects["affinity.json"]["tasks"], HOSTILE, strict=True):
        text = text.replace(json.dumps(task), json.dumps(name))
    changed: dict[str, Any] = json.loads(text)
    changed["recommendation.json"]["reason"] = "<b onclick=x>bold</b>"
    changed["evidence.json"] |= {"command": "<i>", "base_model": "</style><script>", "method": {"<u>": "<u>"}}
    finding = changed["evidence.json"]["audit"]["findings"][1]
    finding["message"] = 'Class `<script>alert(4)</script>` has 540 train rows and `"><img onerror=alert(5)>` has 60.'
    finding["examples"] = [{"task": HOSTILE[0], "split": "test", "row": 3, "text": HOSTILE[1]}]
    return changed


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of :func:`hostile_six`, with all of its figures."""
    folder = tmp_path_factory.mktemp("hostile")
    run = read_run(samples.write(folder, hostile_six()))
    return write_bytes(folder / "report.html", page(run, draw_all(run)).encode())


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
