"""The exact choice against every choice of at most so many rows."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.cover import Cover
from grouping.rows import Rows
from grouping.solvers import selection
from grouping.solvers.selection import Mode, Selection, select, select_by_sets, served_sets
from tests.grouping.worlds import Array, names

ROUNDING = 1e-9
"""Sums of a few numbers of size one in another order, and HiGHS's tolerance for a whole number."""
MODES: tuple[Mode, ...] = ("partition", "cover")


def brute_force(gains: Array, rows: Rows, *, adapters: int, mode: Mode) -> float:
    """The best value over all choices, -inf if none serves every task: the slow reference."""
    best = -np.inf
    for number in range(1, adapters + 1):
        for chosen in combinations(range(len(rows.members)), number):
            inside = rows.members[list(chosen)]
            held = inside.sum(axis=0)
            if held.min() == 0 or (mode == "partition" and held.max() > 1):
                continue
            best = max(best, float(np.where(inside, gains[list(chosen)], -np.inf).max(axis=0).sum()))
    return best


def world(seed: int, *, count: int, groups: int, singles: bool = True) -> tuple[Array, Rows]:
    """A random pool with random gains; what stands outside of groups must not be read."""
    generator = np.random.default_rng(seed)
    tasks = names(count)
    drawn = generator.random((groups, count)) < generator.uniform(0.3, 0.9)
    rows = Rows.of([[task for task, held in zip(tasks, of, strict=True) if held] for of in drawn], tasks)
    gains = generator.normal(size=rows.members.shape)
    gains[rows.shared :] = 0.0 if singles else -9.0
    gains[~rows.members] = np.nan
    return gains, rows


def agrees(found: Selection | None, gains: Array, rows: Rows, *, adapters: int, mode: Mode) -> None:
    best = brute_force(gains, rows, adapters=adapters, mode=mode)
    if found is None:
        assert best == -np.inf
        return
    assert found.value == pytest.approx(best, abs=ROUNDING)
    assert len(found.rows) <= adapters
    assert found.rows == tuple(sorted({int(row) for row in found.served}))
    serving = [(int(row), task) for task, row in enumerate(found.served)]
    assert all(rows.members[row, task] for row, task in serving)
    assert found.value == pytest.approx(sum(gains[row, task] for row, task in serving), abs=ROUNDING)
    if mode == "partition":
        assert rows.members[list(found.rows)].sum(axis=0).tolist() == [1] * len(rows.tasks)


def test_a_choice_by_hand() -> None:
    """One adapter less than groups: the helper in the second group is served by the first."""
    rows = Rows.of(["ab", "bc", "abc"], ("a", "b", "c"))
    gains = np.zeros((6, 3))
    gains[0, :2] = 0.3, 0.1
    gains[1, 1:] = -0.2, 0.4
    gains[2] = 0.1, 0.1, 0.1
    cover = select(gains, rows, adapters=2, mode="cover")
    assert cover is not None
    assert (cover.rows, cover.served.tolist()) == ((0, 1), [0, 0, 1])
    assert cover.value == pytest.approx(0.8)
    assert cover.cover(rows) == Cover.of(["ab", "bc"], {"a": 0, "b": 0, "c": 1})
    partition = select(gains, rows, adapters=2, mode="partition")
    assert partition is not None
    assert partition.rows == (0, 5)
    assert partition.value == pytest.approx(0.4)
    one = select(gains, rows, adapters=1, mode="cover")
    assert one is not None
    assert one.rows == (2,)
    assert one.value == pytest.approx(0.3)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1), count=st.integers(2, 6), groups=st.integers(0, 9), adapters=st.integers(1, 4),
    mode=st.sampled_from(MODES), singles=st.booleans(),
)  # fmt: skip
def test_agrees_with_every_choice(seed: int, count: int, groups: int, adapters: int, mode: Mode, singles: bool) -> None:
    gains, rows = world(seed, count=count, groups=groups, singles=singles)
    agrees(select(gains, rows, adapters=adapters, mode=mode), gains, rows, adapters=adapters, mode=mode)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1), count=st.integers(2, 6), groups=st.integers(0, 9), adapters=st.integers(1, 4),
    mode=st.sampled_from(MODES), singles=st.booleans(),
)  # fmt: skip
def test_the_integer_program_agrees(
    seed: int, count: int, groups: int, adapters: int, mode: Mode, singles: bool
) -> None:
    gains, rows = world(seed, count=count, groups=groups, singles=singles)
    found = selection.by_program(gains, rows, adapters=adapters, mode=mode)
    agrees(found, gains, rows, adapters=adapters, mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_several_worlds_at_once_are_each_solved(mode: Mode) -> None:
    _, rows = world(3, count=5, groups=8)
    gains = np.random.default_rng(4).normal(size=(7, *rows.members.shape))
    found = select_by_sets(gains, rows, served_sets(rows, mode), adapters=3)
    for of, each in zip(gains, found, strict=True):
        agrees(each, of, rows, adapters=3, mode=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [4, 13])
def test_a_pool_that_cannot_serve_all_gives_none(mode: Mode, count: int) -> None:
    """Thirteen tasks are solved by the integer program."""
    tasks = names(count)
    rows = Rows.of([tasks[:2], tasks[:-1]], tasks)
    gains = np.zeros(rows.members.shape)
    assert select(gains, rows, adapters=1, mode=mode) is None
    found = select(gains, rows, adapters=2, mode=mode)
    assert found is not None
    assert [rows.group(row) for row in found.rows] == [tasks[:-1], tasks[-1:]]


@pytest.mark.parametrize("mode", MODES)
def test_the_integer_program_is_exact_where_many_choices_are_nearly_as_good(mode: Mode) -> None:
    """Gains that differ by less than a ten-thousandth of their sum: solvers stop there unless told otherwise."""
    tasks = names(13)
    for seed in range(4):
        generator = np.random.default_rng(seed)
        drawn = generator.random((40, 13)) < 0.3
        rows = Rows.of([[t for t, held in zip(tasks, of, strict=True) if held] for of in drawn] + [tasks], tasks)
        gains = np.where(rows.members, 1.0 + 1e-5 * generator.random(rows.members.shape), np.nan)
        found = select(gains, rows, adapters=5, mode=mode)
        sets = select_by_sets(gains[None], rows, served_sets(rows, mode), adapters=5)[0]
        assert found is not None
        assert sets is not None
        assert found.value == pytest.approx(sets.value, abs=ROUNDING)
