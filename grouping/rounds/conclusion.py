"""The end of a search: the choice with its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.rounds.figures import figures
from grouping.rounds.front import pareto_front
from grouping.rounds.outcome import Outcome
from grouping.served_rows import ServedRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.rounds.acceptance import Accepted
    from grouping.rounds.knowledge import Knowledge
    from grouping.rounds.outcome import Round
    from grouping.rounds.planning import Problem


def conclude(
    problem: Problem,
    known: Knowledge,
    *,
    accepted: Accepted,
    allowed: NDArray[np.bool_],
    listed: Mapping[Grouped, float],
    rounds: Sequence[Round],
    stopped: str,
) -> Outcome:
    """The outcome, all figures from the last posterior.

    Args:
        accepted: The choice.
        allowed: Groups of the universe that meet the constraints, shape ``(R,)``.
        listed: Proposals to list beside it, with their shares of the draws.
    """
    tasks, candidate = known.tasks, accepted.candidate
    usable = allowed & known.trained()
    means = np.full((len(usable), len(tasks)), np.nan)
    means[usable] = ServedRows.at(np.flatnonzero(usable), known.universe).predict(known.gains).mean
    solver = problem.exact or known.universe.solver(fewest=False, every=True)
    front = pareto_front(means, usable, universe=known.universe, solver=solver)
    shown = {candidate.grouping: 0.0, **listed}
    described = figures(
        dict.fromkeys([*shown, *front]), known=known, chosen=candidate.grouping, frequencies=shown,
        generator=problem.generator("figures"), max_adapters=problem.objective.max_adapters,
    )  # fmt: skip
    by_grouping = {proposal.grouping: proposal for proposal in described}
    served = known.serving(candidate.grouping)
    return Outcome(
        grouping=candidate.grouping,
        predicted=by_task(tasks, served.mean),
        predicted_error=by_task(tasks, served.error),
        mean_gain=candidate.total / len(tasks),
        bound=candidate.bound(problem.z) / len(tasks),
        confidence=problem.confidence,
        shortfall=accepted.shortfall,
        proposals=tuple(
            sorted((by_grouping[grouping] for grouping in shown), key=lambda p: (-p.mean_gain, p.grouping.groups))
        ),
        front=tuple(by_grouping[grouping] for grouping in front),
        rounds=tuple(rounds),
        measured=known.measured,
        trained=tuple(group for r in rounds for group in r.asked if group not in {*r.unavailable, *r.stopped}),
        stopped=stopped,
        gains=known.gains,
        deltas=known.deltas,
    )


def by_task(tasks: Sequence[str], served: NDArray[np.float64]) -> dict[str, float]:
    """Each task's value in the group that serves it; ``served`` has one row per group, shape ``(k, T)``."""
    return dict(zip(tasks, np.nansum(served, axis=0).tolist(), strict=True))
