r"""Finished runs to gains of every member of every group, on the table's own scale.

.. math:: gain_t(S) = score_t(S) - score_t(\{t\}),

means over seeds, turned round for losses: the unit is the score's own, 0 is the task alone, above 0 the group helps.
Nothing is divided by anything, so that tasks whose scores have different units weigh differently in a sum over tasks.
Errors come from replicates alone, as nothing is known of held-out examples: see :mod:`affinity.variance`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.gains import MeasuredGroup, Parts
from affinity.scores import Group, Scores
from affinity.variance import Difference, Readings, RunNoise, difference, run_noise

UNITS = 2
"""Of the held-out sample, as :class:`~affinity.variance.Readings` wants them; they have no influence."""


@dataclass(frozen=True, eq=False)
class TableGains:
    """Gains of the groups of a table.

    Args:
        tasks: Names of the ``T`` tasks, sorted.
        measured: Every group of two or more; ``delta`` is the gain again, as the scale is the table's own.
        kind: What the table held: ``scores``, ``losses`` or ``gains``.
        errors_known: Whether errors were estimated. If not, gains are taken at their word: errors are 0.
        unrepeated: Tasks of which no run was repeated, though runs of others were: they are taken to be as noisy as
            the others on average.
    """

    tasks: tuple[str, ...]
    measured: Mapping[Group, MeasuredGroup]
    kind: str
    errors_known: bool
    unrepeated: tuple[str, ...] = ()


def gains_of_scores(scores: Scores) -> TableGains:
    """Gains with standard errors: seed variance pooled over each task's groups, the reference's error as shared."""
    read = {
        task: {group: _readings(of, group.index(task), scores) for group, of in scores.runs.items() if task in group}
        for task in scores.tasks
    }
    references = {task: of.pop((task,)) for task, of in read.items()}
    noise, unrepeated = _noise(references, {task: list(of.values()) for task, of in read.items()})
    measured = {}
    for group, of in scores.runs.items():
        if len(group) > 1:
            found = [_difference(references[t], read[t][group], noise.get(t)) for t in group]
            measured[group] = _measured(group, found, seeds=len(of))
    return TableGains(
        tasks=scores.tasks,
        measured=measured,
        kind="losses" if scores.lower_is_better else "scores",
        errors_known=bool(noise),
        unrepeated=unrepeated if noise else (),
    )


def gains_as_given(tasks: Sequence[str], gains: Mapping[Group, Sequence[float]]) -> TableGains:
    """Gains of a table that says nothing of errors.

    Args:
        tasks: The table's tasks.
        gains: One gain per member, in the group's order, for groups of two or more.
    """
    sure = {"run": 0.0, "reference": 0.0, "sample": 0.0, "freedom": np.inf}
    measured = {
        group: _measured(group, [Difference(value=float(value), **sure) for value in gains[group]], seeds=1)
        for group in sorted(gains)
    }
    return TableGains(tasks=tuple(sorted(tasks)), measured=measured, kind="gains", errors_known=False)


def _readings(runs: Mapping[int, tuple[float, ...]], column: int, scores: Scores) -> Readings:
    """Signed so that reference minus group is the gain."""
    sign = 1.0 if scores.lower_is_better else -1.0
    return Readings(
        seeds=np.array(list(runs), dtype=np.int64),
        values=np.array([sign * of[column] for of in runs.values()]),
        influence=np.zeros((len(runs), UNITS)),
    )


def _noise(
    references: Mapping[str, Readings], groups: Mapping[str, Sequence[Readings]]
) -> tuple[dict[str, RunNoise], tuple[str, ...]]:
    """Noise of every task, and the tasks that borrow it; no noise if nothing was repeated."""
    repeated = [t for t in references if any(len(of.seeds) > 1 for of in (references[t], *groups[t]))]
    unrepeated = tuple(t for t in references if t not in repeated)
    if not repeated:
        return {}, unrepeated
    noise = run_noise({t: references[t] for t in repeated}, {t: groups[t] for t in repeated})
    usual = RunNoise(
        run=float(np.mean([of.run for of in noise.values()])),
        reference=float(np.mean([of.reference for of in noise.values()])),
        run_freedom=min(max(of.run_freedom, of.reference_freedom) for of in noise.values()),
        reference_freedom=0.0,
        run_interaction=0.0,
        reference_interaction=0.0,
        shared_interaction=0.0,
        correlation=0.0,
    )
    return noise | dict.fromkeys(unrepeated, usual), unrepeated


def _difference(reference: Readings, group: Readings, noise: RunNoise | None) -> Difference:
    if noise is None:
        value = float(reference.values.mean() - group.values.mean())
        return Difference(value=value, run=0.0, reference=0.0, sample=0.0, freedom=np.inf)
    return difference(reference, group, noise)


def _measured(group: Group, found: Sequence[Difference], *, seeds: int) -> MeasuredGroup:
    gain, error, freedom = (_column(found, name) for name in ("value", "error", "freedom"))
    parts = Parts(
        run=_column(found, "run"),
        reference=_column(found, "reference"),
        sample=_column(found, "sample"),
        freedom=freedom,
        examples=np.zeros(len(group), dtype=np.int64),
    )
    return MeasuredGroup(
        group=group,
        gain=gain,
        gain_error=error,
        delta=gain,
        delta_error=error,
        freedom=freedom,
        seeds=seeds,
        gain_parts=parts,
        delta_parts=parts,
    )


def _column(found: Sequence[Difference], name: str) -> NDArray[np.float64]:
    return np.array([getattr(of, name) for of in found], dtype=np.float64)
