"""Which groups to train next: those that complete the proposals with the most to gain per unit of cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.partition import Group
    from grouping.rounds.posterior import Posterior
    from grouping.solvers import Solver


def utilities(grouping: Grouped, beliefs: Posterior, objective: Objective) -> NDArray[np.float64]:
    """What the grouping is worth under each draw, shape ``(D,)``.

    Its mean gain, less the price of its adapters; a grouping that breaks a floor is worth one adapter less than
    training every task alone.
    """
    places = beliefs.universe.places(grouping)
    totals, shortfalls = beliefs.total_draws[:, places], beliefs.shortfall_draws[:, places]
    return worths(totals, shortfalls, tasks=len(beliefs.tasks), objective=objective)


def worths(
    totals: NDArray[np.float64], shortfalls: NDArray[np.float64], *, tasks: int, objective: Objective
) -> NDArray[np.float64]:
    """The same of any grouping, whose ``k`` groups have these sums of gains and shortfalls, both ``(D, k)``."""
    kept = (shortfalls <= 0).all(axis=1)
    worth = totals.sum(axis=1) / tasks - objective.adapter_price * totals.shape[1]
    return np.where(kept, worth, -objective.adapter_price * (tasks + 1))


def worth_training(
    proposals: Iterable[Grouped],
    *,
    incumbent: Grouped | None,
    trained: Collection[Group],
    beliefs: Posterior,
    objective: Objective,
    cost: Callable[[Group], float],
    batch: int,
    models: int,
    tolerance: float,
) -> tuple[Group, ...]:
    r"""The untrained groups of one round, in the order of their choice.

    A proposal :math:`P` can be chosen only once all its groups are trained, so it is bought whole. With :math:`u_d`
    its worth under draw ``d`` and :math:`I` the best trained grouping, its expected improvement per unit of cost is

    .. math:: \frac{\frac{1}{D} \sum_d \max(u_d(P) - u_d(I), 0)}{\sum_{g \in P, \text{untrained}} cost(g)} .

    The highest is bought, its groups count as trained, and the next is looked for until ``batch`` groups are chosen.

    Args:
        incumbent: What would be chosen now, or None while no allowed grouping is trained: then the proposal of the
            highest expected worth is bought alone, whatever it costs.
        batch: Groups after which no further proposal is begun.
        models: The most groups that may still be trained; a proposal that needs more is passed over.
        tolerance: Expected improvement of the mean gain below which a proposal is not worth training.
    """
    worths = {grouping: utilities(grouping, beliefs, objective) for grouping in proposals}
    base = None if incumbent is None else utilities(incumbent, beliefs, objective)
    known = set(trained)
    bought: list[Group] = []
    while len(bought) < batch:
        best: tuple[float, list[Group]] | None = None
        for grouping, worth in worths.items():
            missing = [group for group in grouping.groups if len(group) > 1 and group not in known]
            if not missing or len(bought) + len(missing) > models:
                continue
            price = sum(cost(group) for group in missing)
            if base is None:
                score = float(worth.mean())
            else:
                improvement = float(np.maximum(worth - base, 0).mean())
                if improvement <= tolerance:
                    continue
                score = improvement / price
            if best is None or score > best[0]:
                best = score, missing
        if best is None:
            break
        bought += best[1]
        known.update(best[1])
        if base is None:
            break
    return tuple(bought)


def fewest_untrained(
    trained: NDArray[np.bool_], beliefs: Posterior, *, objective: Objective, solver: Solver
) -> tuple[Group, ...]:
    """The fewest groups whose training completes an allowed grouping; of equally few, the highest expected gain.

    Args:
        trained: Whether each group of the universe was trained, shape ``(R,)``.

    Raises:
        InputError: If the groups that can be trained make up no allowed grouping.
    """
    allowed = beliefs.totals > -np.inf
    gains = np.zeros(len(allowed))
    gains[allowed] = beliefs.totals[allowed]
    price = 1 + 2 * len(beliefs.tasks) * np.abs(gains).max()  # more than any two groupings can differ in gain
    values = np.where(allowed, gains - price * ~trained, -np.inf)
    frontier = solver.solve(values, tasks=beliefs.tasks, max_groups=objective.max_adapters)
    grouping = frontier.groupings[int(np.argmax(frontier.values))]
    if grouping is None:
        raise InputError(
            "no grouping is left: groups that it needs could not be trained; loosen the constraints", place="grouping"
        )
    return tuple(group for group in grouping.groups if not trained[beliefs.universe.place(group)])
