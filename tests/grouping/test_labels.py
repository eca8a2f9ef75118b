"""Partitions as labels, and trials that hold them."""

import numpy as np
import optuna
import pytest

from grouping.labels import (
    labels_in,
    masks_of,
    members_of,
    renumbered,
    renumbered_rows,
    search_space,
    suggest_partition,
)
from grouping.partition import Partition, all_partitions
from tests.grouping.worlds import names

TASKS = names(4)


@pytest.mark.parametrize("partition", list(all_partitions(TASKS)), ids=str)
def test_a_partition_and_its_digits_are_one(partition: Partition) -> None:
    digits = dict(zip(TASKS, partition.restricted_growth(TASKS), strict=True))
    assert suggest_partition(optuna.trial.FixedTrial(digits), TASKS) == partition  # type: ignore[arg-type]
    assert labels_in(digits, TASKS) == tuple(digits.values())


def test_any_digits_mean_a_partition() -> None:
    trial = optuna.trial.FixedTrial({"a": 0, "b": 1, "c": 1, "d": 3})
    assert suggest_partition(trial, TASKS) == Partition.of(["a", "bc", "d"])
    assert trial.user_attrs == {"partition": "{a} {b, c} {d}"}


def test_rows_are_renumbered_like_one() -> None:
    rows = np.random.default_rng(0).integers(0, 5, size=(50, 5)).astype(np.intp)
    assert [tuple(row) for row in renumbered_rows(rows).tolist()] == [renumbered(row) for row in rows.tolist()]


def test_masks_and_members_by_hand() -> None:
    masks = masks_of(np.array([[0, 1, 0, 2]]))
    assert masks.tolist() == [[0b0101, 0b0010, 0b1000, 0]]
    assert members_of(masks[0], 4)[0].tolist() == [True, False, True, False]


def test_a_trial_without_a_digit_is_about_no_partition() -> None:
    assert labels_in({"a": 0, "b": 1}, TASKS) is None
    assert [space.high for space in search_space(TASKS).values()] == [0, 1, 2, 3]  # type: ignore[attr-defined]
