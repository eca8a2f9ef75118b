"""The best partition of what somebody trained already, and the untrained one that is expected to beat it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from grouping.constraints import Constraints
from grouping.grouped import Grouped, listed_once
from grouping.objective import BestGain
from grouping.partition import Partition
from grouping.rounds.acceptance import accept
from grouping.rounds.choice import best_by_bound
from grouping.rounds.figures import figures
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.looking import looking_at
from grouping.served_rows import ServedRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from affinity.gains import MeasuredGroup
    from affinity.predictor import GainPredictor
    from grouping.partition import Group
    from grouping.rounds.figures import Proposal

DRAWS = 2048
"""Draws from which the chance of beating the choice is read: within about 1 %."""
SAME = 1e-9
"""Share of the largest total below which two totals differ by rounding alone."""


@dataclass(frozen=True, kw_only=True)
class TrainedChoice:
    """What to do with the groups that were trained."""

    choice: Proposal | None
    """The best partition whose every group was trained; None if the cap lets none be made of them."""
    predicted: Mapping[str, float]
    """Every task's expected gain in the choice: the posterior mean, not the measured value; empty without one."""
    predicted_error: Mapping[str, float]
    """Standard errors of the expected gains."""
    bound: float
    """The lower bound of the mean gain by which it was chosen; NaN without one."""
    confidence: float
    """One-sided confidence of that bound."""
    together: Proposal | None
    """All tasks in one group, if that was trained."""
    better: Proposal | None
    """The partition with the highest expected mean gain, if it was not trained and is expected to beat the choice."""
    untrained: tuple[Group, ...]
    """Its groups that would have to be trained."""
    chance: float
    """Probability that it beats the choice, by the posterior; NaN without either."""


def choose_trained(
    gains: GainPredictor,
    measured: Mapping[Group, MeasuredGroup],
    *,
    max_adapters: int | None = None,
    confidence: float = 0.8,
    seed: int = 0,
) -> TrainedChoice:
    """Chooses among trained groups as the search does (:func:`grouping.rounds.acceptance.accept`), and trains nothing.

    Args:
        gains: Predictor of gains, fitted on ``measured``.
        measured: Groups of two or more that were trained. Singles count as trained: gain 0, no error.
        max_adapters: The most groups; as many as there are tasks by default.
        confidence: One-sided, of the lower bound that chooses.
        seed: Of the posterior draws.

    Raises:
        ValueError: If ``max_adapters`` is below 1.
    """
    if max_adapters is not None and max_adapters < 1:
        raise ValueError(f"Expected `max_adapters` of 1 or more, but got {max_adapters}.")
    tasks, objective, generator = tuple(gains.tasks), BestGain(max_adapters=max_adapters), np.random.default_rng(seed)
    known = looking_at(Knowledge(gains, None, measured), Constraints(), objective, generator=generator)
    universe = known.universe
    allowed, solver = Constraints().among(universe.members, tasks), universe.solver(fewest=False)
    z = NormalDist().inv_cdf(confidence)
    accepted = accept(known, allowed=allowed, z=z, objective=objective, solver=solver, generator=generator)
    chosen = None if accepted is None else accepted.candidate.grouping

    totals = np.full(len(allowed), -np.inf)
    totals[allowed] = np.nansum(gains.predict(universe.members[allowed]).mean, axis=1)
    best = best_by_bound(totals, np.zeros(len(totals)), z=0.0, universe=universe, objective=objective, solver=solver)
    if best is None:
        raise ValueError("Expected a partition of the tasks, but the solver found none.")
    total = -np.inf if accepted is None else accepted.candidate.total
    margin = SAME * max(float(np.abs(totals[allowed]).max()), np.finfo(np.float64).tiny)
    beats = not known.holds(best.grouping) and best.total > total + margin
    better = best.grouping if beats else None

    together = Partition.together(tasks)
    wanted = [p for p in (chosen, better, together if known.holds(together) else None) if p is not None]
    described = figures(dict.fromkeys(wanted), known=known, chosen=chosen, frequencies={}, generator=generator)
    shown = {of.grouping: of for of in described}
    served = None if chosen is None else known.serving(chosen)
    return TrainedChoice(
        choice=None if chosen is None else shown[chosen],
        predicted={} if served is None else _by_task(tasks, served.mean),
        predicted_error={} if served is None else _by_task(tasks, served.error),
        bound=np.nan if accepted is None else accepted.candidate.bound(z) / len(tasks),
        confidence=confidence,
        together=shown.get(together) if known.holds(together) else None,
        better=None if better is None else shown[better],
        untrained=() if better is None else tuple(g for g in better.groups if len(g) > 1 and g not in known.measured),
        chance=np.nan if better is None or chosen is None else _chance(gains, better, chosen, generator),
    )


def _by_task(tasks: tuple[str, ...], served: NDArray[np.float64]) -> dict[str, float]:
    """Each task's value in the group that serves it; ``served`` has one row per group, shape ``(k, T)``."""
    return dict(zip(tasks, np.nansum(served, axis=0).tolist(), strict=True))


def _chance(gains: GainPredictor, better: Grouped, chosen: Grouped, generator: np.random.Generator) -> float:
    """Share of joint draws in which the one has the higher sum of gains."""
    entries, rows = listed_once([better, chosen])  # a group of both has one value in one draw
    drawn = ServedRows.of(entries, tuple(gains.tasks)).draw_totals(gains, draws=DRAWS, generator=generator)
    high, low = (drawn[:, rows[of]].sum(axis=1) for of in (better, chosen))
    return float((high > low).mean())
