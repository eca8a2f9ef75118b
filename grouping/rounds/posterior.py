"""What is believed about every possible group: expected gains, draws, and floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.masks import all_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.objective import Objective

CHUNK = 1 << 23
"""Most numbers that one call draws at a time: 64 MiB of them."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Beliefs about all ``2 ** T`` groups, by mask; forbidden groups have totals of ``-inf``.

    Args:
        tasks: In the order of the masks' bits.
        means: Every member's expected gain, shape ``(2 ** T, T)``; NaN where a task is no member.
        totals: Sum over members, shape ``(2 ** T,)``.
        shortfall: Points that the lower bound of the worst member's delta lies below its floor, alike; 0 or less is
            admissible.
        total_draws: Joint draws of the totals, shape ``(D, 2 ** T)``.
        shortfall_draws: What the shortfall would be once the group is trained, if the draw is true, alike.
    """

    tasks: tuple[str, ...]
    means: NDArray[np.float64]
    totals: NDArray[np.float64]
    shortfall: NDArray[np.float64]
    total_draws: NDArray[np.float64]
    shortfall_draws: NDArray[np.float64]


def posterior(
    gains: GainPredictor,
    deltas: GainPredictor | None,
    *,
    allowed: NDArray[np.bool_],
    trained: NDArray[np.intp],
    delta_errors: NDArray[np.float64],
    objective: Objective,
    draws: int,
    generator: np.random.Generator,
) -> Posterior:
    """Beliefs about the allowed groups.

    Args:
        gains: Predicts gains, as they count.
        deltas: Predicts deltas in points; None for an objective without floors.
        allowed: Groups by mask that meet the constraints, shape ``(2 ** T,)``.
        trained: Masks of the groups that were trained: their shortfall is known and not drawn.
        delta_errors: Standard error that a measured delta of each task is expected to have, shape ``(T,)``.
    """
    tasks = tuple(gains.tasks)
    masks = np.flatnonzero(allowed)
    members = all_members(len(tasks))[masks]  # shape: (G, T)
    means = np.full((len(allowed), len(tasks)), np.nan)
    means[masks] = gains.predict(members).mean
    totals = np.full(len(allowed), -np.inf)
    totals[masks] = np.nansum(means[masks], axis=1)
    total_draws = np.full((draws, len(allowed)), -np.inf)
    total_draws[:, masks] = draw_totals(gains, masks.tolist(), draws=draws, generator=generator)

    shortfall = np.full(len(allowed), -np.inf)
    shortfall_draws = np.full((draws, len(allowed)), -np.inf)
    if deltas is not None:
        known = deltas.predict(members)
        shortfall[masks] = objective.shortfall(known.mean, known.error, tasks)
        for rows in _chunks(draws, members.size):
            drawn = deltas.draw(members, draws=len(rows), generator=generator)
            shortfall_draws[np.ix_(rows, masks)] = objective.shortfall(drawn, delta_errors, tasks)
        singles = 1 << np.arange(len(tasks))
        sure = np.concatenate([trained, singles])
        shortfall_draws[:, sure] = shortfall[sure]
    return Posterior(tasks, means, totals, shortfall, total_draws, shortfall_draws)


def draw_totals(
    gains: GainPredictor, masks: Sequence[int], *, draws: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Joint draws of the sum of the members' gains of each group, shape ``(D, len(masks))``.

    Members of one run share its luck, so the variance of a sum is not the sum of the members' variances.
    """
    members = all_members(len(tuple(gains.tasks)))[list(masks)]
    return np.concatenate(
        [
            np.nansum(gains.draw(members, draws=len(rows), generator=generator), axis=-1)
            for rows in _chunks(draws, members.size)
        ]
    )


def _chunks(draws: int, numbers: int) -> list[NDArray[np.intp]]:
    """Consecutive indices of draws, few enough at a time for :data:`CHUNK`."""
    step = max(1, CHUNK // max(1, numbers))
    return [np.arange(start, min(start + step, draws)) for start in range(0, draws, step)]
