"""Fewer examples of a task are a task."""

import numpy as np
import pytest

from benchmarks.shortened import shortened
from tests.trainers.samples import every_kind

SIZES = {"train": 6, "stop": 4, "select": 4}


@pytest.mark.parametrize("name", list(every_kind(count=12)))
def test_first_rows_with_their_texts(name: str) -> None:
    task = every_kind(count=12)[name]
    short = shortened(task, SIZES)
    assert {split: len(rows) for split, rows in short.splits.items()} == SIZES
    assert short.fingerprint != task.fingerprint
    for split, size in SIZES.items():
        rows, whole = short.splits[split], task.splits[split]
        np.testing.assert_array_equal(rows.lengths, whole.lengths[:size])
        assert np.isfinite(rows.prior_loss)
        for side, (own, all_) in enumerate(zip(rows.sides, whole.sides, strict=True)):
            at = rows.targets if rows.pooled and side else np.arange(size)
            for row in at:
                np.testing.assert_array_equal(own.text(int(row)), all_.text(int(row)))


def test_a_pool_shrinks_and_its_prior_with_it() -> None:
    rows = shortened(every_kind(count=12)["retrieval"], SIZES).splits["select"]
    documents = len(rows.sides[1])
    assert documents == len(np.unique(rows.targets)) < 12
    assert rows.prior_loss == pytest.approx(np.log(documents))


def test_a_task_with_fewer_rows_keeps_them() -> None:
    task = every_kind(count=12)["binary"]
    assert len(shortened(task, {"train": 100}).splits["train"]) == len(task.splits["train"])
