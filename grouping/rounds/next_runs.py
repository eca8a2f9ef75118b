r"""What one more run of trained groups may make us believe of them.

The gain of a group is believed to have variance :math:`v` after a measurement with the variances :math:`r_k` (the luck
of its ``k`` runs) and :math:`f` (the reference and the held-out sample, which further runs share). Without it the
variance was :math:`V`, with :math:`1/V = 1/v - 1/(r_k + f)`. One more run leaves luck of
:math:`r_{k+1} = k \, r_k / (k + 1)`, and moves the expected gain by a variance of

.. math:: \frac{V^2}{V + f + r_{k+1}} - \frac{V^2}{V + f + r_k} .

Source: preposterior analysis of a normal mean, Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.served_rows import ServedRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from affinity.gains import MeasuredGroup
    from grouping.grouped import Entry
    from grouping.objective import Objective
    from grouping.rounds.knowledge import Knowledge

DRAWS = 1024
"""What may come out of a run; an expected improvement is read from them within a few percent of their spread."""
VARIANCE_DRAWS = 2048
"""Draws from which the variance of a sum of gains is read."""
SMALLEST, LARGEST = 1e-300, 1e12
"""Variances that stand for none, and for nothing known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NextRuns:
    """Trained groups now, and after one more run of each."""

    totals: NDArray[np.float64]
    """Expected sums of gains now, shape ``(G,)``."""
    shortfalls: NDArray[np.float64]
    """Points by which the worst member falls below its floor now, alike."""
    next_totals: NDArray[np.float64]
    """Draws of what would be expected then, shape ``(D, G)``."""
    next_shortfalls: NDArray[np.float64]
    """Alike."""


def next_runs(
    groups: Sequence[Entry], known: Knowledge, *, objective: Objective, generator: np.random.Generator
) -> NextRuns:
    """What one more run of each of ``groups`` may show; nothing new where errors are not known by parts."""
    tasks = known.tasks
    measured = [known.measured.get(group) for group, _ in groups]
    rows = ServedRows.of(groups, tasks)
    totals = rows.totals(known.counted)
    variance = rows.draw_totals(known.counted, draws=VARIANCE_DRAWS, generator=generator).var(axis=0, ddof=1)
    shares = dict(zip(tasks, known.shares.tolist(), strict=True))
    weights = [{task: shares[task] for task in served} for _, served in groups]
    luck, shared = np.array([_of_total(*of) for of in zip(measured, weights, strict=True)]).reshape(-1, 2).T
    seeds = np.array([1 if of is None else of.seeds for of in measured])
    moved = np.sqrt(moves(variance, luck, shared, seeds))
    next_totals = totals + moved * generator.standard_normal((DRAWS, len(groups)))

    shortfalls, next_shortfalls = np.full(len(groups), -np.inf), np.full((DRAWS, len(groups)), -np.inf)
    if known.deltas is not None:
        said = rows.predict(known.deltas)
        shortfalls = objective.shortfall(said.mean, said.error, tasks)
        next_shortfalls[:] = shortfalls
        for place, (of, (_, served)) in enumerate(zip(measured, groups, strict=True)):
            if of is None or of.delta_parts is None:
                continue
            columns = [tasks.index(task) for task in served]
            parts, error, own = of.delta_parts, said.error[place, columns], [of.group.index(task) for task in served]
            sure = parts.reference[own] ** 2 + parts.sample[own] ** 2
            step = moves(error**2, parts.run[own] ** 2, sure, np.array(of.seeds))
            mean, left = np.full((DRAWS, len(tasks)), np.nan), np.full(len(tasks), np.nan)
            drawn = generator.standard_normal((DRAWS, len(columns)))
            mean[:, columns] = said.mean[place, columns] + np.sqrt(step) * drawn
            left[columns] = np.sqrt(np.maximum(error**2 - step, 0.0))
            next_shortfalls[:, place] = objective.shortfall(mean, left, tasks)
    return NextRuns(totals=totals, shortfalls=shortfalls, next_totals=next_totals, next_shortfalls=next_shortfalls)


def moves(
    variance: NDArray[np.float64], luck: NDArray[np.float64], shared: NDArray[np.float64], seeds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Variance by which one more run moves what is expected; the formula above.

    Args:
        variance: Of the belief now.
        luck: Of the mean of the group's runs; 0 where nothing is known of it, and nothing moves.
        shared: That its runs share.
        seeds: Runs so far.
    """
    known = 1 / np.maximum(luck + shared, SMALLEST)
    before = 1 / np.maximum(1 / np.maximum(variance, SMALLEST) - known, 1 / LARGEST)
    then = luck * seeds / (seeds + 1)
    found: NDArray[np.float64] = before / (before + shared + then) * before / (before + shared + luck) * (luck - then)
    return np.minimum(found, variance)


def _of_total(measured: MeasuredGroup | None, weight: Mapping[str, float]) -> tuple[float, float]:
    """Variances of the sum of the served tasks' measured gains: of its runs' luck, and of what they share.

    Args:
        weight: How much each served task counts.
    """
    if measured is None or measured.gain_parts is None:
        return 0.0, 0.0
    parts, together = measured.gain_parts, measured.gain_companions
    by_task = np.array([weight.get(name, 0.0) for name in measured.group])
    run = by_task * parts.run
    luck = together * float(run.sum()) ** 2 + (1 - together) * float(np.sum(run**2))
    return luck, float(np.sum(by_task**2 * (parts.reference**2 + parts.sample**2)))
