from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.parts import Part, context_of, fill, in_file
from tests.trainers.samples import spec_of, word_task
from trainers.bench import BenchSpec, open_bench
from trainers.executors import InProcess
from trainers.job import Job
from trainers.ledger import Ledger
from trainers.methods import LoRA

PARTS = tuple(Part("words", 1, (("east", "north"),), (seed,), (seed,), variant="rank 2") for seed in (4, 5))


class Idle:
    """Trains nothing."""

    workers = 1

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        raise AssertionError(f"Expected nothing to train, but got {[job.label for job in jobs]}.")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BenchSpec:
    tasks = {name: word_task(name, word=word, count=16) for name, word in (("north", 2), ("east", 3))}
    return spec_of(tmp_path_factory.mktemp("words"), tasks)


@pytest.fixture(scope="module")
def written(spec: BenchSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file after the first part, and after both."""
    folder = tmp_path_factory.mktemp("written")
    with InProcess(open_bench, spec) as executor:
        fill(folder / "runs.parquet", [(PARTS[0], spec)], executor, Ledger(folder / "ledger.sqlite"))
        (folder / "first.parquet").write_bytes((folder / "runs.parquet").read_bytes())
        fill(folder / "runs.parquet", [(part, spec) for part in PARTS], executor, Ledger(folder / "ledger.sqlite"))
    return folder


def test_a_row_per_member_of_every_run(spec: BenchSpec, written: Path) -> None:
    table = pd.read_parquet(written / "runs.parquet")
    members = table[["group", "task", "seed", "reference"]].to_records(index=False).tolist()
    expected = [
        row
        for seed in (4, 5)
        for row in [
            ("east", "east", seed, True),
            ("north", "north", seed, True),
            ("east+north", "east", seed, False),
            ("east+north", "north", seed, False),
        ]
    ]
    assert sorted(members) == sorted(expected)
    assert set(table["context"]) == {context_of(spec)}
    assert set(table["variant"]) == {"rank 2"}
    assert (table["loss"] > 0).all()


def test_finished_parts_are_not_trained_again(spec: BenchSpec, written: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs.parquet"
    out.write_bytes((written / "runs.parquet").read_bytes())
    fill(out, [(part, spec) for part in PARTS], Idle(), Ledger(tmp_path / "ledger.sqlite"))
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(written / "runs.parquet"))


def test_what_is_kept_stands_first(spec: BenchSpec, written: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs.parquet"
    out.write_bytes((written / "first.parquet").read_bytes())
    kept = pd.read_parquet(out).assign(variant="rank 32")
    fill(out, [(PARTS[0], spec)], Idle(), Ledger(tmp_path / "ledger.sqlite"), kept=kept)
    assert pd.read_parquet(out)["variant"].tolist() == ["rank 32"] * 4 + ["rank 2"] * 4


def test_other_settings_budgets_and_missing_seeds_are_not_in_the_file(spec: BenchSpec, written: Path) -> None:
    table = pd.read_parquet(written / "first.parquet")
    assert in_file(PARTS[0], spec, table) is not None
    assert in_file(PARTS[1], spec, table) is None
    assert in_file(Part("words", 2, PARTS[0].groups, (4,), (4,)), spec, table) is None
    assert in_file(Part("other", 1, PARTS[0].groups, (4,), (4,)), spec, table) is None
    changed = BenchSpec(spec.checkpoint, LoRA(r=4), spec.training, spec.tasks, spec.cache, spec.device, spec.threads)
    assert in_file(PARTS[0], changed, table) is None


def test_a_table_without_variants_has_no_such_column(spec: BenchSpec, tmp_path: Path) -> None:
    part = Part("words", 1, (("east", "north"),), (0,), ())
    with InProcess(open_bench, spec) as executor:
        fill(tmp_path / "runs.parquet", [(part, spec)], executor, Ledger(tmp_path / "ledger.sqlite"))
    table = pd.read_parquet(tmp_path / "runs.parquet")
    assert "variant" not in table.columns
    assert len(table) == 2
