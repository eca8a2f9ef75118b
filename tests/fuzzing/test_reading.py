"""2,000 suites and data files as nobody would write them: each is read, or refused in one line."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.inputs import NAMES, SUITE, data_files, rows_of, suites, written
from tests.fuzzing.reading import read

EXAMPLES = int(os.environ.get("COTRAIN_FUZZED", "1000"))
"""Inputs of each test."""
RIGHT = {name: written(name, rows_of(name)) for name in NAMES}
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In memory, where there is such a place: each input writes six files."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None, prefix="cotrain-fuzzing-"))
    yield made
    shutil.rmtree(made)


def test_what_is_changed_is_right(folder: Path) -> None:
    import yaml

    assert read(folder, yaml.safe_dump(SUITE).encode(), RIGHT) == "read"


@many
@given(suite=suites())
def test_suites(folder: Path, suite: bytes) -> None:
    read(folder, suite, RIGHT)


@many
@given(name=st.sampled_from(NAMES), data=st.data())
def test_data(folder: Path, name: str, data: st.DataObject) -> None:
    import yaml

    read(folder, yaml.safe_dump(SUITE).encode(), {**RIGHT, name: data.draw(data_files(name))})
