"""Ten of the benchmark's faults, with seeds that its record does not have."""

import os
from collections.abc import Iterator

import pytest

from benchmarks.faults import MOUNTED, Bench
from benchmarks.faulty import may_mount
from tests.postgres import programs

SEVERAL = ("driver", "closed", "term", "ledger", "worker", "disk", "driver", "term", "file")
SEED = 1000


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """On one core, whose threads are as many for one worker as for two."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    made = Bench(tmp_path_factory.mktemp("faults"), tasks="same,tags", workers=1)
    yield made
    made.close()
    os.sched_setaffinity(0, cores)


def test_nine_faults_of_one_run_leave_its_answer_as_it_would_have_been(bench: Bench) -> None:
    able = [kind for kind in SEVERAL if kind not in MOUNTED or may_mount(bench.folder / "disk")]
    *outcomes, last = bench.one_after_the_other(able, SEED)
    assert last.end == "survived", (outcomes, last)
    for of in outcomes:
        (code,) = of.codes
        assert code in (0, -9, -15, 143) or (code in (1, 2) and of.said[0].startswith("error: ")), of
        assert code != 0 or of.end == "survived", of


@pytest.mark.skipif(programs() is None, reason="needs PostgreSQL")
def test_a_database_that_crashes(bench: Bench) -> None:
    assert bench.befall("postgres", SEED).end == "survived"
