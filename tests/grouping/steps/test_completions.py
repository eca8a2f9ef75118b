"""What a new group is worth beside trained ones, against every choice of the others."""

from itertools import combinations

import numpy as np
import pytest

from grouping.cost_limit import RowCosts
from grouping.rows import FEASIBLE, UNSERVED, Rows
from grouping.steps import completions
from grouping.steps.completions import CoverCompletions, PartitionCompletions
from tests.grouping.brute_force import best_cover, best_partition
from tests.grouping.worlds import Array, names

ROUNDING = 1e-6
"""Sums in another order, of which some hold UNSERVED."""


def world(seed: int, *, count: int = 5, trained: int = 9, new: int = 6, draws: int = 3) -> tuple[Rows, Array, int]:
    """Rows of which the first ``new`` shared ones are new, and draws of all gains; the number of the new."""
    generator = np.random.default_rng(seed)
    tasks = names(count)
    masks = generator.permutation([m for m in range(1, 1 << count) if m.bit_count() > 1])[: trained + new]
    rows = Rows.of([[t for i, t in enumerate(tasks) if m >> i & 1] for m in masks.tolist()], tasks)
    gains = generator.normal(size=(draws, *rows.members.shape))
    gains[:, ~rows.members] = UNSERVED  # singles have gains too, so that one too many of them shows
    return rows, gains, min(new, rows.shared)


def cover_values(gains: Array, new: int, *, others: int, known: bool, most: int = 400) -> tuple[Array, Array, Array]:
    """Values of the new rows, the draws of the trained ones, and those of the new."""
    trained, untrained = gains[:, new:], gains[:, :new]
    if known:
        trained = trained[:1]
    ways = CoverCompletions.of(trained.mean(axis=0), np.zeros(gains.shape[2]), others=others, most=most)
    return ways.values(trained, untrained), trained, untrained


def partition_values(gains: Array, rows: Rows, new: int, *, others: int, most: int = 400) -> Array:
    totals = np.where(rows.members, gains, 0.0).sum(axis=2)
    ways = PartitionCompletions.of(totals[:, new:].mean(axis=0), rows.masks[new:], others=others, most=most)
    return ways.values(totals[:, new:], totals[:, :new], rows.masks[:new])


def test_values_by_hand() -> None:
    """Three tasks, {a, b} is trained: a new {b, c} serves c, and b in it is better than in {a, b}."""
    trained = np.array([[0.3, 0.1, UNSERVED], [0, UNSERVED, UNSERVED], [UNSERVED, 0, UNSERVED], [UNSERVED] * 2 + [0]])
    new = np.array([[[UNSERVED, 0.2, 0.4]], [[UNSERVED, -0.2, 0.4]]])  # two draws of one group
    cover = CoverCompletions.of(trained, np.zeros(3), others=1, most=400)
    np.testing.assert_allclose(cover.values(trained[None], new), [[0.9], [0.8]])
    masks = np.array([3, 1, 2, 4])
    partition = PartitionCompletions.of(np.array([0.4, 0, 0, 0]), masks, others=1, most=400)
    found = partition.values(np.array([[0.4, 0, 0, 0]]), np.array([[0.6], [0.2]]), np.array([6]))
    np.testing.assert_allclose(found, [[0.6], [0.2]])


@pytest.mark.parametrize("others", range(4))
@pytest.mark.parametrize("known", [True, False])
def test_covers_are_completed_as_well_as_by_any_choice(others: int, known: bool) -> None:
    for seed in range(4):
        _, gains, new = world(seed)
        values, trained, untrained = cover_values(gains, new, others=others, known=known)
        for draw in range(len(gains)):
            beside = trained[draw if len(trained) > 1 else 0]
            for column in range(new):
                best = best_cover(beside, untrained[draw, column], others=others)
                if best > FEASIBLE:
                    assert values[draw, column] == pytest.approx(best, abs=ROUNDING)
                else:
                    assert values[draw, column] < FEASIBLE


@pytest.mark.parametrize("others", range(4))
def test_partitions_are_completed_as_well_as_by_any_choice(others: int) -> None:
    infeasible = 0
    for seed in range(4):
        rows, gains, new = world(seed)
        values = partition_values(gains, rows, new, others=others)
        for draw in range(len(gains)):
            for column in range(new):
                best = best_partition(gains[draw, new:], gains[draw, column], others=others)
                infeasible += best == -np.inf
                expected = UNSERVED if best == -np.inf else best
                assert values[draw, column] == pytest.approx(expected, abs=ROUNDING)
    assert infeasible or others >= 3


@pytest.mark.parametrize("others", [2, 3])
def test_of_too_many_ways_the_promising_are_kept(others: int) -> None:
    """Never above the best choice, often near it, and the work is bounded."""
    whole: list[Array] = []
    kept: list[Array] = []
    for seed in range(6):
        _, gains, new = world(seed, trained=12)
        for most, values in ((400, whole), (20, kept)):
            values.append(cover_values(gains, new, others=others, known=True, most=most)[0])
            ways = CoverCompletions.of(gains[:, new:].mean(axis=0), np.zeros(5), others=others, most=most).ways
            assert len(ways) <= most
            assert ways.shape[1] == others
    every, some = np.array(whole), np.array(kept)
    assert np.all(some <= every + ROUNDING)
    assert np.mean(some >= every - ROUNDING) > 0.5
    assert np.all(some > FEASIBLE)


def test_of_too_many_partitions_the_best_are_kept() -> None:
    rows, gains, new = world(1, count=6, trained=20, new=8)
    whole = partition_values(gains, rows, new, others=4)
    some = partition_values(gains, rows, new, others=4, most=1)
    assert np.all(some <= whole + ROUNDING)
    nothing_but_itself = partition_values(gains, rows, new, others=4, most=0)
    np.testing.assert_array_equal(nothing_but_itself > FEASIBLE, np.tile(rows.masks[:new] == 63, (len(gains), 1)))


def test_the_work_is_cut_into_parts_without_changing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _, gains, new = world(2)
    whole = cover_values(gains, new, others=2, known=False)[0]
    monkeypatch.setattr(completions, "CHUNK", 1)
    np.testing.assert_array_equal(cover_values(gains, new, others=2, known=False)[0], whole)


def test_more_others_than_rows_are_all_rows() -> None:
    trained = np.array([[0.5, UNSERVED], [UNSERVED, 0.0]])
    ways = CoverCompletions.of(trained, np.zeros(2), others=7, most=400)
    assert ways.ways.tolist() == [[0, 1]]


def choices_within(
    known: Array, new: Array, each: Array, own: float, *, most: float, others: int, partition: bool
) -> float:
    """Over all choices of up to ``others`` known rows that cost at most ``most`` with the new one."""
    best = -np.inf
    for number in range(others + 1):
        for of in combinations(range(len(known)), number):
            if own + each[list(of)].sum() > most:
                continue
            held = (np.array([new, *known[list(of)]]) > UNSERVED).sum(axis=0)
            if held.min() >= 1 and (held.max() == 1 or not partition):
                best = max(best, float(np.max([new, *known[list(of)]], axis=0).sum()))
    return best


@pytest.mark.parametrize("others", range(4))
@pytest.mark.parametrize("most", [2.0, 4.5, 7.0, 30.0])
def test_within_a_limit_a_group_is_completed_as_well_as_by_any_choice(others: int, most: float) -> None:
    """Fewer others than there may be, where that is cheaper."""
    for seed in range(3):
        rows, gains, new = world(seed)
        each = np.random.default_rng([seed, 3]).exponential(2.0, len(rows.members)).round(1)
        costs = RowCosts(each[new:], most)
        covers = CoverCompletions.of(
            gains[:, new:].mean(axis=0), np.zeros(gains.shape[2]), others=others, most=2000, costs=costs
        ).values(gains[:, new:], gains[:, :new], each[:new])
        totals = np.where(rows.members, gains, 0.0).sum(axis=2)
        partitions = PartitionCompletions.of(
            totals[:, new:].mean(axis=0), rows.masks[new:], others=others, most=400, costs=costs
        ).values(totals[:, new:], totals[:, :new], rows.masks[:new], each[:new])
        for values, partition in ((covers, False), (partitions, True)):
            for draw in range(len(gains)):
                for column in range(new):
                    best = choices_within(
                        gains[draw, new:], gains[draw, column], each[new:], each[column], most=most, others=others,
                        partition=partition,
                    )  # fmt: skip
                    if best == -np.inf:
                        assert values[draw, column] < FEASIBLE
                    else:
                        assert values[draw, column] == pytest.approx(best, abs=ROUNDING)


def test_of_too_many_ways_within_a_limit_the_promising_are_kept() -> None:
    rows, gains, new = world(1, trained=12)
    costs = RowCosts(rows.members[new:].sum(axis=1).astype(float), 6.0)
    ways = CoverCompletions.of(gains[:, new:].mean(axis=0), np.zeros(5), others=3, most=20, costs=costs)
    assert len(ways.ways) == 20
    assert ways.left is not None
    assert ways.left.min() >= 0
    none = len(rows.members) - new
    assert (ways.ways == none).all(axis=1).any(), "nothing beside the group is a way too"
    assert all(len(set(way) - {none}) == sum(row != none for row in way) for way in ways.ways.tolist())
