"""Sampled inputs are the same on every run, no test is judged by the clock, and contracts say what broke."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import Server, programs

pytest.register_assert_rewrite("tests.affinity.estimator_contract", "tests.affinity.predictor_contract")
settings.register_profile("cotrain", deadline=None, derandomize=True)
settings.load_profile("cotrain")


def pytest_configure() -> None:
    """Each of several test processes keeps to its own share of the cores: what is tested takes all that it may."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        own = cores[int(worker.removeprefix("gw")) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]
        os.sched_setaffinity(0, own or cores)


@pytest.fixture
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of the test's own."""
    if programs() is None:
        pytest.skip("no PostgreSQL server here; Debian has it as postgresql")
    server = Server()
    yield server
    server.remove()
