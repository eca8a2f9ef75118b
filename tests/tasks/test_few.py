"""A few rows of every split: whatever a split holds is still there, and nothing moves between splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.few import FEW, chosen, few
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from tasks.task import SPLITS, Rows, Task


def task(targets: np.ndarray, *, kind: str = "multiclass", units: np.ndarray | None = None) -> Task:
    """A task with the same rows in every split, but for their texts."""
    own = np.arange(len(targets)) if units is None else units
    splits = {
        split: Rows((tuple(f"{split} {row}" for row in range(len(targets))),), targets, own, tuple(map(str, own)))
        for split in SPLITS
    }
    return Task("t", KINDS[kind], ("a", "b", "c"), METRICS["accuracy"], 1.0, splits, "fingerprint")


def strata(targets: np.ndarray) -> np.ndarray:
    return KINDS["multiclass"].strata(targets)


def test_a_split_that_is_small_stays_and_so_does_the_fingerprint() -> None:
    small = task(np.arange(30) % 3)
    assert few(small, seed=0) is small


def test_rows_are_kept_with_all_that_belongs_to_them() -> None:
    large = task(np.arange(300) % 3)
    found = few(large, seed=0)
    assert {split: len(rows) for split, rows in found.splits.items()} == FEW
    for split, rows in found.splits.items():
        at = [int(text.split()[1]) for text in rows.texts[0]]
        assert at == sorted(at)
        np.testing.assert_array_equal(rows.targets, large.splits[split].targets[at])
        np.testing.assert_array_equal(rows.units, at)
        assert rows.places == tuple(map(str, at))


def test_what_is_kept_follows_from_the_seed_and_changes_the_fingerprint() -> None:
    large = task(np.arange(300) % 3)
    first, again, other = few(large, seed=0), few(large, seed=0), few(large, seed=1)
    assert first.splits["train"].texts == again.splits["train"].texts != other.splits["train"].texts
    assert len({large.fingerprint, first.fingerprint, other.fingerprint}) == 3
    assert first.fingerprint == again.fingerprint


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=80),
    st.integers(1, 20),
    st.integers(0, 9),
)
def test_every_class_is_kept_and_no_more_than_asked_for_beyond_that(targets: list[int], most: int, seed: int) -> None:
    array = np.array(targets)
    kept = chosen(np.arange(len(array)), strata(array), most=most, generator=np.random.default_rng(seed))
    assert set(array[kept]) == set(targets)
    assert len(set(kept.tolist())) == len(kept) <= max(most, 2 * len(set(targets)))
    assert len(kept) >= min(most, len(targets))


def test_a_rare_class_is_kept_by_one_row() -> None:
    targets = np.zeros(10_000, dtype=np.int64)
    targets[1234] = 1
    kept = chosen(np.arange(10_000), strata(targets), most=8, generator=np.random.default_rng(0))
    assert 1234 in kept
    assert len(kept) == 8


def test_a_label_that_nearly_every_row_has_leaves_one_without() -> None:
    targets = np.ones((500, 1), dtype=np.float32)
    targets[77] = 0
    kept = chosen(np.arange(500), KINDS["multilabel"].strata(targets), most=10, generator=np.random.default_rng(0))
    assert 77 in kept


@pytest.mark.parametrize("seed", range(5))
def test_units_are_spread_as_far_as_they_go(seed: int) -> None:
    units = np.repeat([0, 1, 2, 3], [1000, 5, 2, 1])
    kept = chosen(units, np.empty((0, 2), dtype=np.int64), most=8, generator=np.random.default_rng(seed))
    assert np.bincount(units[kept]).tolist() == [3, 2, 2, 1]
