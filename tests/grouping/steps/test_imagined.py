"""The best grouping where gains are known: exact for few tasks, near it for many."""

import numpy as np
import pytest

from grouping.rows import UNSERVED, Rows
from grouping.solvers.selection import Mode, select
from grouping.steps.imagined import best_rows
from tests.grouping.worlds import Array, names

NEAR = 0.05
"""Share of the exact value that an exchange of groups may miss on planted covers."""
ROUNDING = 1e-9
"""Sums in another order, and HiGHS's tolerance."""


def planted_cover(seed: int, *, count: int, homes: int = 3) -> tuple[Array, Rows]:
    """Overlapping homes in which members gain, among random groups in which they gain little or lose."""
    generator = np.random.default_rng(seed)
    tasks = names(count)
    home = generator.permutation(np.arange(count) % homes)
    inside = np.array([(home == number) | (generator.random(count) < 0.25) for number in range(homes)])
    others = generator.random((60, count)) < generator.uniform(0.2, 0.6, size=(60, 1))
    rows = Rows.of([[t for t, held in zip(tasks, of, strict=True) if held] for of in [*inside, *others]], tasks)
    gains = np.full(rows.members.shape, UNSERVED)
    gains[rows.members] = generator.normal(0.0, 0.1, size=int(rows.members.sum()))
    for number in range(homes):
        gains[number, inside[number]] = 0.2 + 0.05 * generator.normal(size=int(inside[number].sum()))
    gains[rows.shared :][np.diag_indices(count)] = 0.0
    return gains, rows


def value(gains: Array, chosen: tuple[int, ...]) -> float:
    return float(gains[list(chosen)].max(axis=0).sum())


@pytest.mark.parametrize("mode", ["partition", "cover"])
def test_few_tasks_are_solved_exactly_in_every_world(mode: Mode) -> None:
    _, rows = planted_cover(0, count=6)
    generator = np.random.default_rng(1)
    gains = generator.normal(size=(5, *rows.members.shape))
    gains[:, ~rows.members] = UNSERVED
    for of, chosen in zip(gains, best_rows(gains, rows, adapters=3, mode=mode), strict=True):
        exact = select(of, rows, adapters=3, mode=mode)
        assert exact is not None
        assert chosen == exact.rows


@pytest.mark.parametrize("count", [13, 14])
@pytest.mark.parametrize("adapters", [3, 4])
def test_covers_of_many_tasks_are_near_the_exact_ones(count: int, adapters: int) -> None:
    for seed in range(4):
        gains, rows = planted_cover(seed, count=count)
        exact = select(gains, rows, adapters=adapters, mode="cover")
        (chosen,) = best_rows(gains[None], rows, adapters=adapters, mode="cover")
        assert exact is not None
        assert chosen is not None
        assert len(chosen) <= adapters
        assert rows.members[list(chosen)].any(axis=0).all()
        assert exact.value * (1 - NEAR) <= value(gains, chosen) <= exact.value + ROUNDING
        serving = {chosen[place] for place in gains[list(chosen)].argmax(axis=0).tolist()}
        assert serving == set(chosen), "a group that serves nobody would cost an adapter"


def test_partitions_of_many_tasks_are_exact() -> None:
    gains, rows = planted_cover(1, count=13)
    exact = select(gains, rows, adapters=9, mode="partition")
    (chosen,) = best_rows(gains[None], rows, adapters=9, mode="partition")
    assert exact is not None
    assert chosen == exact.rows


@pytest.mark.parametrize("mode", ["partition", "cover"])
@pytest.mark.parametrize("count", [5, 13])
def test_none_where_no_grouping_serves_all(mode: Mode, count: int) -> None:
    tasks = names(count)
    rows = Rows.of([tasks[:3]], tasks)
    gains = np.where(rows.members, 0.0, UNSERVED)[None]
    assert best_rows(gains, rows, adapters=count - 3, mode=mode) == [None]
    assert best_rows(gains, rows, adapters=count - 2, mode=mode) != [None]


def test_a_group_that_serves_nobody_is_not_chosen() -> None:
    tasks = names(13)
    rows = Rows.of([tasks, tasks[:6], tasks[6:]], tasks)
    gains = np.where(rows.members, -1.0, UNSERVED)
    gains[0] = 1.0
    assert best_rows(gains[None], rows, adapters=3, mode="cover") == [(0,)]


def test_a_cover_that_greed_misses_is_found_all_the_same() -> None:
    """The group that is best alone leaves two tasks that no single group holds."""
    tasks = names(13)
    rows = Rows.of([tasks[1:-1], tasks[:7], tasks[6:]], tasks)
    gains = np.full(rows.members.shape, UNSERVED)
    gains[rows.members] = 0.0
    gains[0, rows.members[0]] = 1.0
    assert best_rows(gains[None], rows, adapters=2, mode="cover") == [(1, 2)]


@pytest.mark.parametrize("adapters", [2, 3, 4, 5])
def test_partitions_of_many_tasks_are_exact_in_every_world(adapters: int) -> None:
    """By a list of them up to four groups, by integer programming beyond."""
    generator = np.random.default_rng(adapters)
    tasks = names(13)
    labels = generator.integers(4, size=(12, 13))
    parts = [[t for t, part in zip(tasks, of, strict=True) if part == number] for of in labels for number in range(4)]
    halves = [[t for t, part in zip(tasks, of, strict=True) if part % 2 == half] for of in labels for half in (0, 1)]
    rows = Rows.of([*parts, *halves], tasks)
    gains = generator.normal(size=(3, *rows.members.shape))
    gains[:, ~rows.members] = UNSERVED
    closed = np.arange(rows.shared) % 3 == 0
    gains[:, : rows.shared][:, closed] = UNSERVED
    found = best_rows(gains, rows, adapters=adapters, mode="partition")
    kept = rows.only(np.flatnonzero(~closed))
    for of, chosen in zip(gains, found, strict=True):
        usable = np.concatenate([np.flatnonzero(~closed), np.arange(rows.shared, len(rows.members))])
        exact = select(of[usable], kept, adapters=adapters, mode="partition")
        if exact is None:
            assert chosen is None
        else:
            assert chosen is not None
            assert value(of, chosen) == pytest.approx(exact.value, abs=ROUNDING)
