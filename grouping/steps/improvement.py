"""What is expected of the better of two: one that is known, and one that is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def expected_best(mean: Array, error: Array, other: Array) -> Array:
    """Expectation of ``max(x, other)`` with ``x`` normal; all broadcast together.

    Args:
        mean: Of ``x``.
        error: Its standard deviation; 0 is certain.
        other: What is known.

    Source: expected improvement, Jones et al., 1998, https://doi.org/10.1023/A:1008306431147.
    """
    away = (mean - other) / np.where(error > 0, error, 1.0)
    density = np.exp(-0.5 * away**2) / np.sqrt(2 * np.pi)
    unsure = mean * ndtr(away) + other * ndtr(-away) + error * density
    found: Array = np.where(error > 0, unsure, np.maximum(mean, other))
    return found
