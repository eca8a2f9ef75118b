"""Which partitions are allowed, one group at a time, for any number of tasks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from grouping.constraints import MaxTasks, Together, check_names
from grouping.labels import masks_of, members_of, renumbered
from grouping.sampling.worlds import ENUMERATED
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from grouping.constraints import Constraints
    from grouping.labels import Labels
    from grouping.sampling.group_prices import GroupPrices


class Allowed:
    """The partitions that meet all rules, have few enough groups, and cost no more than they may.

    Tasks that must stand together form a *block*; every allowed group is a union of blocks, and one that breaks a rule
    breaks it with any further block.

    Args:
        tasks: In the order of the labels.
        constraints: Rules of every group.
        max_adapters: The most groups; None for as many as there are tasks.
        prices: What groups cost, and the most that they may cost together; None without a limit.

    Raises:
        InputError: If no partition is allowed, or a rule names an unknown task.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        constraints: Constraints,
        max_adapters: int | None,
        prices: GroupPrices | None = None,
    ) -> None:
        self.tasks, self.constraints, self.prices = tuple(tasks), constraints, prices
        if len(tasks) <= ENUMERATED and (constraints.rules or max_adapters is not None):
            constraints.check(tasks, max_adapters=max_adapters)
        for rule in constraints.rules:
            check_names(rule, tasks)
        self.max_adapters = len(tasks) if max_adapters is None else min(max_adapters, len(tasks))
        self.max_tasks = min([len(tasks), *(rule.tasks for rule in constraints.rules if isinstance(rule, MaxTasks))])
        self.blocks = self._blocks()
        self._known: dict[int, bool] = {}
        if next(self.every(np.arange(len(self.blocks))), None) is None:
            limit = "" if prices is None else f" and cost {prices.most:g} or less"
            raise InputError(
                f"no grouping can meet all constraints{limit}; drop or loosen one of them", place="grouping"
            )

    def groups(self, masks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether groups meet every rule, shape ``(G,)``."""
        members = members_of(masks, len(self.tasks))
        found = np.ones(len(masks), dtype=np.bool_)
        for rule in self.constraints.rules:
            found &= rule.allows(members, self.tasks)
        return found

    def partitions(self, labels: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether partitions are allowed, shape ``(C,)``."""
        few: NDArray[np.bool_] = labels.max(axis=1) < self.max_adapters
        if self.prices is not None:
            few[few] = self.prices.keep(labels[few])
        if not self.constraints.rules:
            return few
        masks, place = np.unique(masks_of(labels), return_inverse=True)
        good = self.groups(masks) | (masks == 0)
        met: NDArray[np.bool_] = few & good[place.reshape(labels.shape)].all(axis=1)
        return met

    def allows(self, labels: Labels) -> bool:
        """Whether one partition is allowed."""
        return bool(self.partitions(np.array([labels], dtype=np.intp))[0])

    def every(self, order: NDArray[np.intp]) -> Iterator[Labels]:
        """All allowed partitions, once each; blocks are placed in this order."""
        count = len(self.tasks)

        def place(depth: int, groups: list[int]) -> Iterator[list[int]]:
            if depth == len(order):
                yield groups
                return
            block = self.blocks[order[depth]]
            for index in range(min(len(groups) + 1, self.max_adapters)):
                mask = block | (groups[index] if index < len(groups) else 0)
                grown = [*groups[:index], mask, *groups[index + 1 :]]
                if self._meets(mask) and (self.prices is None or self.prices.within(sum(map(self.prices.of, grown)))):
                    yield from place(depth + 1, grown)

        for groups in place(0, []):
            members = members_of(np.array(groups, dtype=np.int64), count)
            yield renumbered(members.argmax(axis=0).tolist())

    def outside(self, held: Collection[Labels], generator: np.random.Generator) -> Labels | None:
        """An allowed partition that is not held, or None if all are."""
        order = generator.permutation(len(self.blocks))
        return next((labels for labels in self.every(order) if labels not in held), None)

    def random(self, generator: np.random.Generator) -> Labels:
        """One allowed partition, not a uniform one."""
        return next(self.every(generator.permutation(len(self.blocks))))

    def of_blocks(self, labels: NDArray[np.intp]) -> Labels:
        """The partition in which blocks of equal label share a group."""
        return renumbered(labels[self.home].tolist())

    @cached_property
    def home(self) -> NDArray[np.intp]:
        """Block of each task, shape ``(T,)``."""
        masks = np.array(self.blocks, dtype=np.int64)
        found: NDArray[np.intp] = members_of(masks, len(self.tasks)).argmax(axis=0)
        return found

    @cached_property
    def every_group(self) -> NDArray[np.bool_]:
        """Whether each group meets every rule, by its mask, shape ``(2 ** T,)``; for few tasks."""
        return self.groups(np.arange(1 << len(self.tasks), dtype=np.int64))

    def _meets(self, mask: int) -> bool:
        if mask not in self._known:
            self._known[mask] = bool(self.groups(np.array([mask], dtype=np.int64))[0])
        return self._known[mask]

    def _blocks(self) -> tuple[int, ...]:
        """Tasks that must stand together, as masks."""
        labels = list(range(len(self.tasks)))
        for rule in self.constraints.rules:
            if isinstance(rule, Together):
                old, new = (labels[self.tasks.index(task)] for task in (rule.first, rule.second))
                labels = [new if label == old else label for label in labels]
        return tuple(int(mask) for mask in masks_of(np.array([renumbered(labels)], dtype=np.intp))[0] if mask)
