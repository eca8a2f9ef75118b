"""What may be trained next, and what each would make of the choice."""

import numpy as np
import pytest

from grouping.rows import FEASIBLE, UNSERVED, Rows
from grouping.solvers.selection import Mode, select
from grouping.steps.effort import Effort
from grouping.steps.moves import Move, moves
from tests.grouping.brute_force import best_cover, best_partition
from tests.grouping.worlds import Array, every_group, names

ROUNDING = 1e-6
"""Sums in another order, of which some hold UNSERVED."""


def draws_of(rows: Rows, *, number: int, seed: int) -> Array:
    drawn = np.random.default_rng(seed).normal(size=(number, *rows.members.shape))
    drawn[:, ~rows.members] = UNSERVED
    drawn[:, np.arange(rows.shared, len(rows.members)), np.arange(len(rows.tasks))] = 0.0
    return drawn


def found_moves(
    draws: Array, rows: Rows, *, trained: int, adapters: int, mode: Mode, left: int = 9
) -> tuple[list[Move], list[int]]:
    """Moves after the first rows were trained, and the rows that were, with the singles."""
    untrained = np.arange(trained, rows.shared)
    sure = np.setdiff1d(np.arange(len(rows.members)), untrained)
    draws[:, sure] = draws[0, sure]
    found = moves(
        draws, rows, trained=sure, untrained=untrained, adapters=adapters, mode=mode, left=left, effort=Effort.of(6)
    )
    return found, sure.tolist()


def test_moves_by_hand() -> None:
    """Two adapters, {a, b, c, d} is trained: either pair alone is stuck, both together are worth 2."""
    rows = Rows.of(["abcd", "ab", "cd"], names(4))
    draws = np.full((2, 7, 4), UNSERVED)
    draws[:, rows.members] = 0.0
    draws[:, 1, :2] = draws[:, 2, 2:] = 0.5
    draws[1, 2, 3] = 0.7
    found, _ = found_moves(draws, rows, trained=1, adapters=2, mode="partition")
    (both,) = found
    assert both.missing == (1, 2)
    np.testing.assert_allclose(both.values, [2.0, 2.2])
    found, _ = found_moves(draws, rows, trained=1, adapters=2, mode="partition", left=1)
    assert found == []
    found, _ = found_moves(draws, rows, trained=1, adapters=2, mode="cover")
    values = {move.missing: move.values.tolist() for move in found}
    assert values == {(1,): [1.0, 1.0], (2,): pytest.approx([1.0, 1.2]), (1, 2): pytest.approx([2.0, 2.2])}


@pytest.mark.parametrize("mode", ["partition", "cover"])
@pytest.mark.parametrize("adapters", [1, 2, 3])
def test_a_move_is_worth_what_its_grouping_is(mode: Mode, adapters: int) -> None:
    """A single missing group: the best choice that holds it. Several: never above the best of trained and missing."""
    rows = Rows.of(every_group(names(4))[::-1], names(4))
    draws = draws_of(rows, number=12, seed=adapters)
    found, sure = found_moves(draws, rows, trained=3, adapters=adapters, mode=mode)
    best = best_partition if mode == "partition" else best_cover
    for move in found:
        usable = sorted([*sure, *move.missing])
        some = rows.only(np.array([row for row in usable if row < rows.shared]))
        for draw, value in zip(draws, move.values, strict=True):
            if len(move.missing) == 1:
                expected = best(draw[sure], draw[move.missing[0]], others=adapters - 1)
                assert value == pytest.approx(expected, abs=ROUNDING)
            exact = select(draw[usable], some, adapters=adapters, mode=mode)
            assert exact is not None
            assert FEASIBLE < value <= exact.value + ROUNDING
        if len(move.missing) > 1:
            overall = [select(draw, rows, adapters=adapters, mode=mode) for draw in [draws.mean(axis=0), *draws]]
            values = [draws[:, list(of.rows)].max(axis=1).sum(axis=1) for of in overall if of is not None]
            assert any(np.allclose(move.values, of) for of in values), "the best grouping in a draw, or as expected"
    alone = [move.missing[0] for move in found if len(move.missing) == 1]
    assert len(set(alone)) == len(alone)
    if adapters == 3 or mode == "cover":
        assert any(len(move.missing) > 1 for move in found) == (adapters > 1)


def test_no_move_needs_more_models_than_are_left() -> None:
    rows = Rows.every(names(5))
    draws = draws_of(rows, number=30, seed=0)
    for left, fewest, most in ((1, 1, 1), (2, 1, 2), (9, 3, 3)):
        found, _ = found_moves(draws.copy(), rows, trained=1, adapters=3, mode="cover", left=left)
        assert fewest <= max(len(move.missing) for move in found) <= most
        assert all(np.isfinite(move.values).all() for move in found)
