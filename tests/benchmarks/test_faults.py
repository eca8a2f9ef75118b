"""Ten of the benchmark's faults, with seeds that its record does not have."""

from collections.abc import Iterator

import pytest

from benchmarks.faults import MOUNTED, Bench
from benchmarks.faulty import FAKETIME, may_mount
from tests.postgres import programs

SAMPLE = ["driver", "driver", "term", "worker", "disk", "closed", "file", "ledger", "clock", "postgres"]
FIRST_SEED = 1000


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("faults"))
    yield made
    made.close()


@pytest.mark.parametrize(("number", "kind"), list(enumerate(SAMPLE)))
def test_the_same_command_goes_on_after_a_fault(bench: Bench, number: int, kind: str) -> None:
    if kind in MOUNTED and not may_mount(bench.folder / "disk"):
        pytest.skip("needs the right to mount")
    if kind == "clock" and not FAKETIME.exists():
        pytest.skip("needs libfaketime")
    if kind == "postgres" and programs() is None:
        pytest.skip("needs PostgreSQL")
    outcome = bench.befall(kind, FIRST_SEED + number)
    assert outcome.end in ("survived", "refused"), outcome
