"""Heads that were fitted for one test serve the others, and so do pictures and a finished run."""

from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.suite import load_suite, override, select_tasks
from tests.cotrain.five_tasks import MIXED, MIXING, write_data
from tests.cotrain.remembered_pictures import remembered_pictures  # noqa: F401
from tests.trainers.remembered_fits import remembered_fits  # noqa: F401


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite file of five tasks."""
    return write_data(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="session")
def found(suite: Path) -> dict[str, Any]:
    """What was recommended for it, in the run folder ``run`` beside it."""
    return cotrain.recommend(suite, out=suite.parent / "run", workers=1)


@pytest.fixture(scope="session")
def mixed(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Three of its tasks under temperature mixing and balanced classes, with losing pairs at equal sizes."""
    settings = {"training.mixing": MIXING, "training.weights": "class_balance", "estimator": "pairwise"}
    loaded = select_tasks(override(load_suite(suite), settings), MIXED)
    folder = tmp_path_factory.mktemp("mixed") / "run"
    return folder, cotrain.recommend(loaded, out=folder, workers=1, validate=False, equal_sizes=True)
