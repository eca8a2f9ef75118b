"""Good partitions in worlds of many tasks: moves, exchanges and mergers of blocks until none of them helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_totals import columns_of, pairs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.labels import Labels
    from grouping.sampling.allowed import Allowed
    from grouping.sampling.worlds import Worlds

    Array = NDArray[np.float64]

FORBIDDEN = 1e6
"""Taken from the value of a group that breaks a rule."""
ROUNDS = 60
"""Most changes of one partition."""
GAIN = 1e-12
"""Least improvement that is a change."""


def improved(worlds: Worlds, starts: NDArray[np.intp], allowed: Allowed) -> list[Labels]:
    """Partitions that no single change improves, one for each of ``R`` worlds.

    A change moves one block to another group or to one of its own, exchanges two blocks, or merges two groups. Only
    levels, slopes and pairs are looked at, which are all that many tasks have beside the group of every task.

    Args:
        worlds: ``R`` worlds.
        starts: Labels of the partition that each begins with, shape ``(R, T)``.
    """
    problem = _Blocks.of(worlds, allowed)
    first = [int(mask & -mask).bit_length() - 1 for mask in allowed.blocks]
    state = _State.of(problem, starts[:, first])
    for _ in range(ROUNDS):
        if not state.improve():
            break
    return [allowed.of_blocks(row) for row in state.homes()]


@dataclass(frozen=True, eq=False)
class _Blocks:
    """What ``B`` blocks are worth in ``R`` worlds.

    Args:
        size: Tasks of each, shape ``(B,)``.
        level: Sums of their tasks' levels, slopes and pairs within, shape ``(3, R, B)``.
        between: Sums of pairs of two blocks, shape ``(R, B, B)``; 0 on the diagonal.
        most: Most tasks of a group.
        slots: Most groups.
    """

    size: Array
    level: Array
    between: Array
    most: int
    slots: int

    @classmethod
    def of(cls, worlds: Worlds, allowed: Allowed) -> _Blocks:
        count, columns = worlds.count, columns_of(worlds.count)
        belongs = np.array([[mask >> task & 1 for task in range(count)] for mask in allowed.blocks], dtype=np.float64)
        pairs = np.zeros((len(worlds.weights), count, count))
        first, second = pairs_of(count)
        pairs[:, first, second] = pairs[:, second, first] = worlds.weights[:, columns["pair"]]
        between = belongs @ pairs @ belongs.T
        inside = np.diagonal(between, axis1=1, axis2=2) / 2
        masks = np.array(allowed.blocks, dtype=np.int64)
        apart = ~allowed.groups((masks[:, None] | masks).ravel()).reshape(len(masks), len(masks))
        between = between - FORBIDDEN * apart
        blocks = np.arange(len(masks))
        between[:, blocks, blocks] = 0.0
        level = np.stack(
            [worlds.weights[:, columns["level"]] @ belongs.T, worlds.weights[:, columns["slope"]] @ belongs.T, inside]
        )
        slots = min(allowed.max_adapters, len(masks))
        return cls(belongs.sum(axis=1), level, between, allowed.max_tasks, slots)

    def worth(self, size: Array, sums: Array) -> Array:
        """Values of groups of ``size`` tasks with these sums of levels, slopes and pairs."""
        found = sums[0] + sums[1] * np.log(np.maximum(size, 2) / 2) + sums[2] / np.sqrt(np.maximum(size - 1, 1))
        found = np.where(size > 1.5, found, 0.0)
        if self.most < self.size.sum():
            found = found - FORBIDDEN * np.maximum(size - self.most, 0)
        worth: Array = found
        return worth


class _State:
    """Where every block is, as 0 and 1 of shape ``(R, B, K)``."""

    def __init__(self, problem: _Blocks, home: Array) -> None:
        self.problem, self.home = problem, home

    @classmethod
    def of(cls, problem: _Blocks, labels: NDArray[np.intp]) -> _State:
        return cls(
            problem, (np.minimum(labels, problem.slots - 1)[:, :, None] == np.arange(problem.slots)).astype(float)
        )

    def homes(self) -> NDArray[np.intp]:
        """Slot of each block, shape ``(R, B)``."""
        return np.asarray(self.home.argmax(axis=2), dtype=np.intp)

    def improve(self) -> bool:
        """Makes the best change of every partition that has one; whether any had."""
        of, home = self.problem, self.home
        worlds, _, slots = home.shape
        near = of.between @ home  # shape: (R, B, K)
        size = of.size @ home  # shape: (R, K)
        sums = (of.level[:, :, None] @ home)[:, :, 0]  # shape: (3, R, K)
        sums[2] += (home * near).sum(axis=1) / 2
        worth = of.worth(size, sums)
        own_size, own_worth = (home @ size[:, :, None])[..., 0], (home @ worth[:, :, None])[..., 0]  # shape: (R, B)
        own_sums = (home @ sums[..., None])[..., 0]  # shape: (3, R, B)
        link = (home * near).sum(axis=2)
        left_sums = own_sums - of.level
        left_sums[2] -= link
        left_size = own_size - of.size
        left = of.worth(left_size, left_sums)
        joined = sums[:, :, None, :] + of.level[..., None]
        joined[2] += near
        moved = (
            of.worth(size[:, None, :] + of.size[:, None], joined) + (left - own_worth)[:, :, None] - worth[:, None, :]
        )
        moved[home > 0] = -np.inf
        flat = moved.reshape(worlds, -1)
        best = flat.argmax(axis=1)
        gain = flat[np.arange(worlds), best]

        both = sums[:, :, :, None] + sums[:, :, None, :]
        both[2] += home.transpose(0, 2, 1) @ near
        merged = of.worth(size[:, :, None] + size[:, None, :], both) - worth[:, :, None] - worth[:, None, :]
        merged[:, np.arange(slots), np.arange(slots)] = -np.inf
        merged[(size[:, :, None] == 0) | (size[:, None, :] == 0)] = -np.inf
        merges = merged.reshape(worlds, -1)
        pair = merges.argmax(axis=1)
        merge_gain = merges[np.arange(worlds), pair]

        changed = False
        stuck = []
        for world in range(worlds):
            if max(gain[world], merge_gain[world]) <= GAIN:
                stuck.append(world)
                continue
            changed = True
            if gain[world] >= merge_gain[world]:
                block, slot = divmod(int(best[world]), slots)
                home[world, block] = 0.0
                home[world, block, slot] = 1.0
            else:
                into, gone = divmod(int(pair[world]), slots)
                home[world, :, into] += home[world, :, gone]
                home[world, :, gone] = 0.0
        return self._exchange(np.array(stuck, dtype=np.intp), near, left_size, left_sums, own_worth) or changed

    def _exchange(
        self, stuck: NDArray[np.intp], near: Array, left_size: Array, left_sums: Array, own_worth: Array
    ) -> bool:
        """Exchanges two blocks where no move or merger helps; whether that helped anywhere."""
        if not len(stuck):
            return False
        of, home = self.problem, self.home
        there = home[stuck] @ near[stuck].transpose(0, 2, 1)  # [b, c]: block c beside the group of block b
        sums = left_sums[:, stuck, :, None] + of.level[:, stuck, None, :]
        sums[2] += there - of.between[stuck]
        entered = of.worth(left_size[stuck][:, :, None] + of.size, sums)  # the group of b with c in the place of b
        change = entered - own_worth[stuck][:, :, None]
        both = change + change.transpose(0, 2, 1)
        both[(home[stuck] @ home[stuck].transpose(0, 2, 1)) > 0] = -np.inf
        flat = both.reshape(len(stuck), -1)
        best = flat.argmax(axis=1)
        changed = False
        for row, world in enumerate(stuck):
            if flat[row, best[row]] > GAIN:
                one, other = divmod(int(best[row]), home.shape[1])
                home[world, [one, other]] = home[world, [other, one]]
                changed = True
        return changed
