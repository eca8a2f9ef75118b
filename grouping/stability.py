"""How alike the groupings of complete reruns are, and whether the other runs hold them to be worth the same.

A rerun has other seeds and the same data: all that differs between reruns is luck. Two groupings that differ may still
be worth the same, so each is judged by what the *other* runs measured, which did not choose it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from grouping.grouped import listed_once
from grouping.partition import Partition
from grouping.served_rows import ServedRows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor

DRAWS = 2048
"""Draws of each run's posterior: ends of intervals are then within about 5 % of a standard deviation."""
LEVEL = 0.95
"""Of two-sided intervals."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """One complete run: probes, estimator and search.

    Args:
        seed: Of its training and its search.
        partition: What it recommends, of the tasks that it could measure.
        gains: Its posterior over the gains of all groups.
    """

    seed: int
    partition: Partition
    gains: GainPredictor


@dataclass(frozen=True, kw_only=True)
class Value:
    """A mean gain over tasks (no unit; 0 is every task alone) or a difference of two, with its 95 % interval."""

    mean: float
    """Expected."""
    low: float
    """2.5 % of the draws lie below."""
    high: float
    """2.5 % lie above."""

    @classmethod
    def of(cls, draws: NDArray[np.float64]) -> Value:
        """From posterior draws, of any shape."""
        low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return cls(mean=float(draws.mean()), low=float(low), high=float(high))


@dataclass(frozen=True, kw_only=True)
class RunChoice:
    """What one run recommends, and what it is worth."""

    seed: int
    """Of the run."""
    groups: tuple[tuple[str, ...], ...]
    """Its grouping."""
    adapters: int
    """Groups."""
    rand: float
    """Adjusted Rand index with the first run's grouping: 1 is the same, 0 what chance gives."""
    own: Value
    """Mean gain by its own posterior, which chose it and so flatters it."""
    others: Value
    """Mean gain by the posteriors of all other runs, their draws pooled: what they disagree about widens it."""
    behind: Value
    """How much more the judging runs expect of their own choices; 0 is worth the same."""


@dataclass(frozen=True, kw_only=True)
class Stability:
    """Of two complete runs or more; the first one's grouping is the answer, whatever the others say."""

    tasks: tuple[str, ...]
    """In the order of ``together``."""
    runs: tuple[RunChoice, ...]
    """The first run, then the reruns."""
    rand: tuple[tuple[float, ...], ...]
    """Adjusted Rand index between every two runs, shape ``(R, R)``."""
    mean_rand: float
    """Mean over all pairs of runs."""
    together: tuple[tuple[float, ...], ...]
    """Share of the runs that have two tasks in one group, of those that could measure both; shape ``(T, T)``, 1 on the
    diagonal, NaN where no run could."""
    judged: tuple[tuple[float, ...], ...]
    """Mean gain that a run (row) expects of another's choice (column), shape ``(R, R)``."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def adjusted_rand(first: Partition, second: Partition) -> float:
    r"""How alike two partitions of the same tasks are, beyond chance.

    With :math:`n_{ij}` the tasks that are in group ``i`` of one and ``j`` of the other, :math:`a_i` and :math:`b_j` the
    sizes of the groups,

    .. math:: \frac{\sum_{ij} \binom{n_{ij}}{2} - E}{\frac12 (A + B) - E}, \quad
        A = \sum_i \binom{a_i}{2}, \quad B = \sum_j \binom{b_j}{2}, \quad E = A B / \binom{T}{2}.

    1 for equal partitions, 0 for what random ones of the same shapes have on average, below 0 for less. Where both
    leave every task alone, or both have all in one group, the formula is 0 / 0: they are equal, so it is 1. Every task
    alone against all in one group is 0.

    Raises:
        ValueError: If the partitions are of different tasks.

    Source: Hubert and Arabie, Journal of Classification 2 (1985), https://doi.org/10.1007/BF01908075.
    """
    if first.tasks != second.tasks:
        raise ValueError(f"Expected partitions of the same tasks, but got {first.tasks} and {second.tasks}.")
    if first == second:
        return 1.0
    both = sum(comb(len(set(a) & set(b)), 2) for a in first.groups for b in second.groups)
    a, b = (sum(comb(len(group), 2) for group in of.groups) for of in (first, second))
    expected = a * b / comb(len(first.tasks), 2)
    return (both - expected) / ((a + b) / 2 - expected)


def co_assignment(partitions: Sequence[Partition], tasks: Sequence[str]) -> NDArray[np.float64]:
    """Share of the partitions that have two tasks in one group, of those that hold both; NaN where none does.

    Shape ``(T, T)``, symmetric, 1 on the diagonal of what any partition holds.
    """
    met, held = np.zeros((2, len(tasks), len(tasks)))
    for partition in partitions:
        group = np.array([partition.served_by.get(task, -1) for task in tasks])
        known = group >= 0
        held += known[:, None] & known
        met += (group[:, None] == group) & known[:, None] & known
    shares: NDArray[np.float64] = np.divide(met, held, out=np.full(met.shape, np.nan), where=held > 0)
    return shares


def stability(runs: Sequence[Chosen], *, seed: int) -> Stability:
    """Compares complete runs.

    A task that a run could not measure is left aside where that run is compared, and alone where it judges.

    Args:
        runs: The first one, then the reruns.
        seed: Of the posterior draws.

    Raises:
        ValueError: If there are fewer than two runs.
    """
    if len(runs) < 2:
        raise ValueError(f"Expected two runs or more, but got {len(runs)}.")
    tasks = tuple(sorted({task for run in runs for task in run.partition.tasks}))
    rand = [[_rand(a.partition, b.partition) for b in runs] for a in runs]
    values = np.stack(  # shape: (judges, choices, draws)
        [
            _values(judge, [of.partition for of in runs], np.random.default_rng([seed, place]))
            for place, judge in enumerate(runs)
        ]
    )
    behind = np.stack([values[place, place] - values[place] for place in range(len(runs))])
    choices = []
    for place, run in enumerate(runs):
        others = [judge for judge in range(len(runs)) if judge != place]
        choices.append(
            RunChoice(
                seed=run.seed,
                groups=run.partition.groups,
                adapters=run.partition.adapters,
                rand=rand[0][place],
                own=Value.of(values[place, place]),
                others=Value.of(values[others, place]),
                behind=Value.of(behind[others, place]),
            )
        )
    return Stability(
        tasks=tasks,
        runs=tuple(choices),
        rand=_rows(np.array(rand)),
        mean_rand=float(np.mean([rand[a][b] for a, b in combinations(range(len(runs)), 2)])),
        together=_rows(co_assignment([run.partition for run in runs], tasks)),
        judged=_rows(values.mean(axis=-1)),
    )


def _values(judge: Chosen, choices: Sequence[Partition], generator: np.random.Generator) -> NDArray[np.float64]:
    """Joint draws of the mean gains that a run expects of partitions, shape ``(choices, draws)``."""
    tasks = tuple(judge.gains.tasks)
    among = [Partition.of(_among(choice, tasks)) for choice in choices]
    entries, rows = listed_once(among)
    shared = ServedRows.of(entries, tasks)
    totals = shared.draw_totals(judge.gains, draws=DRAWS, generator=generator)  # shape: (D, groups)
    return np.stack([totals[:, rows[of]].sum(axis=1) / len(tasks) for of in among])


def _among(partition: Partition, tasks: Collection[str]) -> list[tuple[str, ...]]:
    """Its groups among these tasks; those that it lacks are alone, where nothing is gained, and have none."""
    left = [tuple(task for task in group if task in tasks) for group in partition.groups]
    return [group for group in left if group]


def _rand(first: Partition, second: Partition) -> float:
    """The index over the tasks that both hold; 1 if they share fewer than two."""
    shared = set(first.tasks) & set(second.tasks)
    if len(shared) < 2:
        return 1.0
    return adjusted_rand(*(Partition.of(_among(of, shared)) for of in (first, second)))


def _rows(values: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in values)
