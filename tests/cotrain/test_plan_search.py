"""What a plan takes a search to train at once."""

from pathlib import Path

import pytest

from cotrain.plan_phases import repeats, search_batches
from cotrain.suite import load_suite, override


@pytest.mark.parametrize(("pairs_trained", "new"), [(False, [2, 2, 2, 1]), (True, [3, 2, 2])])
def test_new_groups_come_in_rounds_and_repeats_one_by_one(suite: Path, *, pairs_trained: bool, new: list[int]) -> None:
    loaded = override(load_suite(suite), {"budget.models": 7, "budget.seeds": 3}).suite
    assert repeats(loaded.budget) == 4
    assert search_batches(loaded, pairs_trained=pairs_trained) == [*new, 1, 1, 1, 1]


def test_a_search_may_train_less_than_it_has_rounds(suite: Path) -> None:
    loaded = override(load_suite(suite), {"budget.models": 2, "budget.seeds": 1}).suite
    assert search_batches(loaded, pairs_trained=True) == [1, 1, 0]
