"""Which trained groups to train once more: those between which the choice lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.grouped import entries_of
from grouping.rounds.acquisition import worths
from grouping.rounds.next_runs import next_runs
from grouping.rounds.posterior import Posterior
from grouping.rounds.proposals import propose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.partition import Group
    from grouping.rounds.knowledge import Knowledge
    from grouping.solvers import Solver


def worth_repeating(
    known: Knowledge,
    incumbent: Grouped,
    *,
    repeatable: Collection[Group],
    allowed: NDArray[np.bool_],
    objective: Objective,
    solver: Solver,
    z: float,
    cost: Callable[[Group], float],
    runs: int,
    choice_runs: int,
    draws: int,
    tolerance: float,
    generator: np.random.Generator,
) -> tuple[Group, ...]:
    r"""The groups whose next run is worth most per cost; none where no run is worth it.

    Rivals of the present choice :math:`I` are the best trained groupings under draws of what one more run of every
    group may show (:mod:`grouping.rounds.next_runs`). For a rival :math:`P` and groups :math:`R` that only one of the
    two has, all of them or one, the expected improvement by one more run of each is

    .. math:: \frac{1}{D} \sum_d \max(u_d(P), u_d(I)) - \max(u(P), u(I)),

    :math:`u_d` the worth of a grouping after the runs of :math:`R`: the knowledge gradient between two alternatives
    (Frazier, Powell and Dayanik, SIAM J. Control Optim., 2008). A group that falls below a floor is trained again for
    that only up to ``choice_runs``: asked until it passes, it would pass by luck.

    Args:
        repeatable: Groups that may be trained once more.
        allowed: Groups of the universe that meet the constraints, shape ``(R,)``.
        runs: The most runs.
        choice_runs: Runs of each group of the choice in any case.
        draws: Draws that are solved for rivals.
        tolerance: Expected improvement that is not worth a run.
    """
    tasks = known.tasks
    usable = allowed & known.trained()
    places = np.flatnonzero(usable)
    universe = known.universe
    groups = [universe.group(int(place)) for place in places]
    entries = [(group, universe.serves(int(place))) for group, place in zip(groups, places, strict=True)]
    row = {entry: at for at, entry in enumerate(entries)}
    after = next_runs(entries, known, objective=objective, generator=generator)
    again = np.array([group in repeatable for group in groups])
    next_totals = np.where(again, after.next_totals, after.totals)
    few = np.array([of in known.measured and known.measured[of].seeds < choice_runs for of in groups])
    next_shortfalls = np.where(again & (few | (after.shortfalls <= 0)), after.next_shortfalls, after.shortfalls)

    def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
        every = np.full((*values.shape[:-1], len(usable)), -np.inf)
        every[..., places] = values
        return every

    beliefs = Posterior(
        universe=universe, means=np.full((len(usable), len(tasks)), np.nan), totals=spread(after.totals),
        shortfall=spread(after.shortfalls), total_draws=spread(next_totals[:draws]),
        shortfall_draws=spread(next_shortfalls[:draws]),
    )  # fmt: skip
    rivals = [of for of in propose(beliefs, z=z, objective=objective, solver=solver) if of != incumbent]

    def worth(grouping: Grouped, repeated: Collection[Group]) -> NDArray[np.float64]:
        at = [row[entry] for entry in entries_of(grouping)]
        new = np.array([group in repeated for group in grouping.groups])
        totals = np.where(new, next_totals[:, at], after.totals[at])
        shortfalls = np.where(new, next_shortfalls[:, at], after.shortfalls[at])
        return worths(totals, shortfalls, tasks=len(tasks), objective=objective)

    best: tuple[float, tuple[Group, ...]] | None = None
    for rival in rivals:
        apart = sorted(group for group in {*rival.groups} ^ {*incumbent.groups} if group in repeatable)
        now = max(float(worth(rival, ()).mean()), float(worth(incumbent, ()).mean()))
        for some in dict.fromkeys([tuple(apart), *((group,) for group in apart)]):
            if not 0 < len(some) <= runs:
                continue
            improvement = float(np.maximum(worth(rival, some), worth(incumbent, some)).mean()) - now
            if improvement <= tolerance:
                continue
            score = improvement / sum(cost(group) for group in some)
            if best is None or score > best[0]:
                best = score, some
    return () if best is None else best[1]
