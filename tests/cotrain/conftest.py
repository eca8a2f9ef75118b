"""Heads that were fitted for one test serve the others, and so do pictures and a finished run."""

from pathlib import Path
from typing import Any

import pytest

import cotrain
from tests.cotrain.five_tasks import write_data
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
