r"""Figures of merit: how many models a value costs, what is lost, and the areas under curves.

Curves are values after a number of models, given at some numbers ``(P,)``, and taken as linear between.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST = 4.0
"""Efficiency is not followed further."""
EVERY = 20
"""Up to so many models a curve is read after each of them."""


def points(models: int, budgets: Sequence[int]) -> list[int]:
    """Numbers of models at which curves are read: each of the first, then ever fewer, the budgets, and the last."""
    found = [1]
    while found[-1] < models:
        found.append(min(models, found[-1] + max(1, found[-1] // EVERY)))
    return sorted({*found, *(budget for budget in budgets if budget <= models)})


def models_needed(at: Sequence[int], values: Sequence[float], value: float) -> float:
    """Models that a curve needs to reach a value, on its running maximum; infinite if it never does."""
    high = np.maximum.accumulate(np.asarray(values, dtype=np.float64))
    reached = np.flatnonzero(high >= value)
    if not len(reached):
        return np.inf
    place = int(reached[0])
    if place == 0:
        return float(at[0])
    low, top = high[place - 1], high[place]
    return float(at[place - 1] + (at[place] - at[place - 1]) * (value - low) / (top - low))


def efficiency(at: Sequence[int], random: Sequence[float], *, value: float, models: float, size: int) -> float:
    """Models that random groups need for this value, over the models that it took; 2 is half the training.

    Counted up to :data:`MOST`, and up to the table's ``size``, after which nothing is left to train.
    """
    most = min(MOST, size / models)
    return float(min(most, models_needed(at, random, value) / models))


def regret(value: float, *, best: float, usual: float) -> float | None:
    """What is lost of the way from a usual random grouping to the best; 0 is the best, 1 the usual.

    None where the best is no better than the usual: told values that tell nothing.
    """
    return (best - value) / (best - usual) if best > usual else None


def area(at: Sequence[float], values: Sequence[float], *, until: float) -> float:
    """Mean height of a curve from its first number to ``until``; the last value holds on."""
    x = [float(of) for of in at if of < until]
    y = list(values[: len(x)])
    last = float(np.interp(until, at, values))
    if not x:
        return float(values[0])
    x, y = [*x, until], [*y, last]
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def step_area(at: Sequence[float], values: Sequence[float], *, start: float, until: float) -> float:
    """Mean height from ``start`` to ``until`` of a curve that jumps: the value holds until the next number."""
    edges = np.clip([*at, until], start, until)
    widths = np.diff(edges)
    before = edges[0] - start  # nothing is known yet: the first value stands in
    return float((np.dot(widths, values) + before * values[0]) / (until - start))
