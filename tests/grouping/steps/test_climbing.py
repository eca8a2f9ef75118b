"""Climbs end where no change of one task helps, and every step is one such change."""

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictors.group_worlds import Worlds
from grouping.rows import UNSERVED
from grouping.solvers.selection import Mode
from grouping.steps.climbing import LEAST, climb, climb_beside, gains_in

Array = NDArray[np.float64]
MODES: tuple[Mode, ...] = ("partition", "cover")
TASKS, GROUPS, WORLDS = 9, 3, 6
ROUNDING = 1e-9
"""Sums in another order."""
LUCKS, SAMPLED = 20_000, 0.02
"""Draws of luck, each with its opposite, and what their mean may be away."""


def worlds(seed: int, *, tasks: int = TASKS, number: int = WORLDS) -> Worlds:
    generator = np.random.default_rng(seed)
    partner = generator.normal(size=(number, tasks, tasks))
    partner[:, np.arange(tasks), np.arange(tasks)] = 0.0
    level, slope, whole = generator.normal(scale=0.5, size=(3, number, tasks))
    luck = generator.uniform(0.1, 1.0, size=(number, tasks))
    return Worlds(level, slope, partner, whole, luck, generator.uniform(0.0, 1.2, number))


def starts(seed: int, *, tasks: int = TASKS, number: int = WORLDS, groups: int = GROUPS) -> NDArray[np.bool_]:
    labels = np.random.default_rng([seed, 1]).integers(groups, size=(number, tasks))
    found: NDArray[np.bool_] = labels[:, None, :] == np.arange(groups)[:, None]
    return found


def value(of: Worlds, world: int, grouping: NDArray[np.bool_], mode: Mode) -> float:
    """The slow reference, from sets; -inf where a task is not served."""
    gains = np.full(grouping.shape, -np.inf)
    for row, group in enumerate(grouping):
        members = np.flatnonzero(group).tolist()
        for t in members:
            if len(members) == 1:
                gains[row, t] = 0.0
                continue
            beside = sum(of.partner[world, s, t] for s in members if s != t)
            gains[row, t] = of.level[world, t] + of.slope[world, t] * np.log(len(members) / 2)
            gains[row, t] += beside / (len(members) - 1) ** of.decay[world] + of.whole[world, t] * (
                len(members) == len(group)
            )
    if mode == "partition":
        return float(gains[grouping].sum()) if (grouping.sum(axis=0) == 1).all() else -np.inf
    return float(gains.max(axis=0).sum())


def changes(grouping: NDArray[np.bool_], mode: Mode) -> list[NDArray[np.bool_]]:
    """All groupings that are one change away."""
    found = []
    for task in range(grouping.shape[1]):
        for row in range(len(grouping)):
            new = grouping.copy()
            if mode == "partition":
                new[:, task] = False
                new[row, task] = True
            else:
                new[row, task] ^= True
            found.append(new)
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_one_task_improves_the_end(seed: int, mode: Mode) -> None:
    of, start = worlds(seed), starts(seed)
    found = climb(of, start, mode=mode)
    for world in range(WORLDS):
        reached = value(of, world, found.end[world], mode)
        assert found.values[world] == pytest.approx(reached, abs=ROUNDING)
        assert reached >= value(of, world, start[world], mode)
        assert max(value(of, world, new, mode) for new in changes(found.end[world], mode)) <= reached + LEAST


@pytest.mark.parametrize("mode", MODES)
def test_every_step_is_the_best_change(mode: Mode) -> None:
    of, start = worlds(5, number=1), starts(5, number=1)
    found = climb(of, start, mode=mode)
    assert len(found.path) > 2
    before = start[0]
    for (after,) in found.path:
        best = max(value(of, 0, new, mode) for new in changes(before, mode))
        assert value(of, 0, after, mode) == pytest.approx(best, abs=ROUNDING)
        before = after
    np.testing.assert_array_equal(before, found.end[0])


@pytest.mark.parametrize("mode", MODES)
def test_the_order_of_tasks_only_orders_columns(mode: Mode) -> None:
    of, start = worlds(2), starts(2)
    order = np.random.default_rng(0).permutation(TASKS)
    rest = (part[:, order] for part in (of.whole, of.luck))
    turned = Worlds(of.level[:, order], of.slope[:, order], of.partner[:, order][:, :, order], *rest, of.decay)
    plain, other = climb(of, start, mode=mode), climb(turned, start[:, :, order], mode=mode)
    np.testing.assert_array_equal(other.end, plain.end[:, :, order])


@pytest.mark.parametrize("mode", MODES)
def test_planted_blocks_are_reached(mode: Mode) -> None:
    home = np.arange(15) % 3
    alike = np.where(home[:, None] == home, 1.0, -1.0) * (1 - np.eye(15))
    none = np.zeros((1, 15))
    of = Worlds(none, none, alike[None], none, none, np.array([0.5])).at(np.zeros(20, dtype=np.intp))
    found = climb(of, starts(3, tasks=15, number=20), mode=mode)
    best = found.end[found.values.argmax()]
    assert sorted((np.flatnonzero(group) % 3).tolist() for group in best) == [[0] * 5, [1] * 5, [2] * 5]
    assert found.values.max() == pytest.approx(15 * 4 / np.sqrt(4))


def test_one_group_of_all_has_nowhere_to_go() -> None:
    start = np.ones((2, 1, TASKS), dtype=bool)
    for mode in MODES:
        found = climb(worlds(0, number=2), start, mode=mode)
        np.testing.assert_array_equal(found.end, start)
        assert found.path == []


@pytest.mark.parametrize("seed", range(3))
def test_a_group_is_climbed_to_that_suits_those_that_stay(seed: int) -> None:
    """With the luck that it will have, from draws of it; where others serve well enough, nobody joins."""
    of, start = worlds(seed), starts(seed, groups=1)
    beside = np.random.default_rng(seed).normal(scale=2.0, size=(WORLDS, TASKS))
    found = climb_beside(of, start, beside)
    draws = np.random.default_rng([seed, 2]).standard_normal((LUCKS, TASKS))
    draws = np.concatenate([draws, -draws])

    def worth(world: int, group: NDArray[np.bool_]) -> float:
        gains = gains_in(of.at(np.array([world])), group[None])[0, 0]
        luck = of.luck[world] * draws if group.sum() > 1 else 0.0 * draws
        return float(np.maximum(gains + luck, beside[world]).sum(axis=1).mean())

    for world in range(WORLDS):
        reached = worth(world, found.end[world])
        assert found.values[world] == pytest.approx(reached, abs=SAMPLED)
        assert max(worth(world, new) for new in changes(found.end[world], "cover")) <= reached + SAMPLED
    much = climb_beside(of, start, np.full((WORLDS, TASKS), 100.0))
    np.testing.assert_array_equal(much.end, start)


def test_whom_nobody_else_serves_stays() -> None:
    of, start = worlds(3), starts(3, groups=1)
    beside = np.where(start[:, 0], UNSERVED, 0.0)
    end = climb_beside(of, start, beside).end
    assert end[start].all()


def test_luck_makes_room_for_more_tasks() -> None:
    """A task that is expected to lose a little joins where nobody minds, and luck may make it win."""
    none, small = np.zeros((1, TASKS)), np.full((1, TASKS), -0.1)
    start = np.arange(TASKS)[None, None] < 2
    for luck, members in ((0.0, 2), (1.0, TASKS)):
        of = Worlds(small, none, np.zeros((1, TASKS, TASKS)), none, np.full((1, TASKS), luck), np.ones(1))
        assert climb_beside(of, start, none).end.sum() == members
