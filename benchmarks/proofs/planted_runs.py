r"""A trainer whose runs are drawn, not trained: every true gain and change in points is known.

A held-out example ``u`` of a task in a group ``S`` with seed ``r`` has the loss and the margin of its right answer

.. math:: loss = 0.7 - g - b_r - 0.5 h_u + 0.3 e, \qquad margin = 0.8 + k (g + b_r) + h_u + 0.3 e,

with the true gain ``g`` of the task in the group, the run's luck ``b_r`` (correlated between equal seeds, not between
members, as the truth table has it), the example's own difficulty ``h_u``, of which a group and the reference share a
part, and what this run makes of this example. The constant predictor's loss is 1, the metric is accuracy, and with
``k`` the true change in points follows from ``g`` by the normal distribution. Deviations of the luck are the truth
table's.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tasks.encoding import EncodedRows, EncodedTask, Tokens
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.result import GroupResult, MemberResult
from trainers.runs import Runs
from trainers.trainer import FRESH

Array = NDArray[np.float64]
Group = tuple[str, ...]
GROUP_LUCK = (0.007, 0.0161, 0.0167, 0.0185, 0.0089, 0.0053)
"""Standard deviations of a group's run, by task of the truth table's first set."""
REFERENCE_LUCK = (0.0054, 0.0065, 0.0125, 0.0077, 0.0053, 0.016)
"""The same of a reference run."""
EQUAL_SEEDS = 0.15
"""Correlation of runs of one task and seed in different groups, the reference among them."""
SHARED = 0.9
"""Part of an example's difficulty that a group and the reference have in common."""
STEEP = 2.0
"""``k``: how a gain moves the margin; one point of accuracy is a gain of 0.018."""
LEVEL = 0.7
"""Loss of the reference; the constant predictor has 1."""
SKILL, OWN = 0.8, 0.3
"""Margin of the reference, and deviation of what one run makes of one example."""
REFERENCE_LENGTH = 2.0
"""Training of a reference, in those of one task's share of a group."""
NO_TOKENS = Tokens(ids=np.zeros(0, dtype=np.int32), offsets=np.zeros(1, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Planted:
    """Tasks with planted gains.

    Args:
        gains: True gains of the members of every group of two or more, in the members' order.
        names: The tasks, sorted.
        examples: Held-out examples of ``select`` and ``test``.
        margin: Points that may be lost.
        seed: Of everything that is drawn.
    """

    gains: Mapping[Group, Array]
    names: tuple[str, ...]
    examples: Mapping[str, int]
    margin: float
    seed: int

    @cached_property
    def tasks(self) -> dict[str, EncodedTask]:
        """The tasks, with targets and no texts."""
        return {name: self._task(name) for name in self.names}

    def deltas(self, group: Group) -> Array:
        """True changes of accuracy in points of a group's members, over all examples; the luck of runs averaged out."""
        found = []
        for name, gain in zip(group, self.gains.get(group, np.zeros(1)), strict=True):
            group_luck, reference_luck = self._luck(name)
            alone = ndtr(SKILL / np.sqrt(1 + OWN**2 + (STEEP * reference_luck) ** 2))
            with_luck = np.sqrt(1 + OWN**2 + (STEEP * group_luck) ** 2)
            found.append(100 * (ndtr((SKILL + STEEP * gain) / with_luck) - alone) if len(group) > 1 else 0.0)
        return np.array(found)

    def run(self, group: Group, seed: int, splits: Sequence[str]) -> GroupResult:
        """One run: the reference of a group of one."""
        members = {name: self._member(name, at, group, seed, splits) for at, name in enumerate(group)}
        length = REFERENCE_LENGTH if len(group) == 1 else float(len(group))
        return GroupResult(
            group=group,
            seed=seed,
            reference=len(group) == 1,
            grid=np.ones(1),
            chosen=0,
            members=members,
            steps=1,
            cost=Cost(seconds=length, tokens_backward=round(1000 * length), jobs=1),
        )

    def _member(self, name: str, at: int, group: Group, seed: int, splits: Sequence[str]) -> MemberResult:
        task, deviation = self.tasks[name], self._luck(name)[len(group) == 1]
        gain = self.gains[group][at] if len(group) > 1 else 0.0
        common, own = self._normal(name, seed), self._normal(name, seed, "+".join(group))
        luck = deviation * (np.sqrt(EQUAL_SEEDS) * common + np.sqrt(1 - EQUAL_SEEDS) * own)
        losses, scores, metric = {}, {}, {}
        for split in splits:
            rows = len(task.splits[split])
            hard = self._normal(name, split, "hard", size=rows)
            if len(group) > 1:
                other = self._normal(name, split, "+".join(group), "hard", size=rows)
                hard = SHARED * hard + np.sqrt(1 - SHARED**2) * other
            seen = OWN * self._normal(name, split, "+".join(group), seed, size=rows)
            noise = OWN * self._normal(name, split, "+".join(group), seed, "loss", size=rows)
            right = SKILL + STEEP * (gain + luck) + hard + seen
            losses[split] = (LEVEL - gain - luck - 0.5 * hard + noise).astype(np.float32)
            scores[split] = ((2 * task.splits[split].targets - 1) * right).astype(np.float32)[:, None]
            metric[split] = float(task.metric(scores[split], task.splits[split].targets))
        return MemberResult(np.zeros(1), np.zeros(1), losses, scores, metric)

    def _luck(self, name: str) -> tuple[float, float]:
        at = self.names.index(name) % len(GROUP_LUCK)
        return GROUP_LUCK[at], REFERENCE_LUCK[at]

    def _normal(self, *of: object, size: int | None = None) -> Array:
        key = zlib.crc32("/".join(map(str, of)).encode())
        return np.random.default_rng([self.seed, key]).standard_normal(size)

    def _task(self, name: str) -> EncodedTask:
        splits = {}
        for split, rows in self.examples.items():
            targets = (self._normal(name, split, "target", size=rows) > 0).astype(np.int64)
            splits[split] = EncodedRows(
                sides=(NO_TOKENS,), targets=targets, units=np.arange(rows), prior_loss=1.0, truncated=(0,)
            )
        return EncodedTask(
            name=name, kind=KINDS["binary"], outputs=1, metric=METRICS["accuracy"], margin=self.margin,
            splits=splits, fingerprint=f"{name} {self.seed}", classes=("no", "yes"),
        )  # fmt: skip


@dataclass(eq=False)
class DrawingTrainer:
    """What the search and the validation ask of a :class:`trainers.trainer.Trainer`, with drawn runs.

    Args:
        trained: Work of every run that was asked for, in tasks trained once; a run that is asked for again is free.
    """

    planted: Planted
    budget: Budget
    seed: int = 0
    trained: dict[tuple[Group, int], float] = field(default_factory=dict)

    @property
    def tasks(self) -> Mapping[str, EncodedTask]:
        """The planted tasks."""
        return self.planted.tasks

    def probe_seeds(self, count: int) -> list[int]:
        """As of the trainer."""
        return [self.seed + index for index in range(count)]

    def fresh_seeds(self, count: int) -> list[int]:
        """As of the trainer."""
        return [self.seed + FRESH + index for index in range(count)]

    def tell(self, text: str) -> None:
        """Nobody listens."""

    def wanted(self, groups: Sequence[Group], *, seeds: Sequence[int]) -> list[object]:
        """As of the trainer; there are no jobs."""
        return []

    def run(
        self,
        groups: Sequence[Group],
        *,
        seeds: Sequence[int],
        references: Sequence[str] = (),
        reference_seeds: Sequence[int] = (),
        splits: Sequence[str] = ("select",),
        weights_of: Collection[Group] = (),
        forms: Mapping[Group, object] | None = None,
        phase: str = "",
    ) -> Runs:
        """As of the trainer."""
        asked = [(tuple(sorted(group)), seed) for group in groups if len(group) > 1 for seed in seeds]
        asked += [((name,), seed) for name in references for seed in (reference_seeds or seeds)]
        runs = [self.planted.run(group, seed, splits) for group, seed in asked]
        self.trained |= {(run.group, run.seed): run.cost.seconds for run in runs}
        return Runs.of(runs)
