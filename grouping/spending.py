r"""How often one may look, and what each look is worth: seeds in steps that are fixed beforehand.

Whoever looks several times and stops at the first success errs more often than each look says. The error that all looks
may make together is therefore *spent* over them, at a share ``t`` of all information no more than

.. math:: \alpha(t) = \alpha \log(1 + (e - 1) t),

which leaves the first look nearly as sharp as a single one. The boundary of each look follows from the joint
distribution of the looks, those of a Brownian motion at the times ``t``. The held-out sample is the same in every look:
of an estimate whose variance is :math:`s^2 + v / r` after ``r`` runs,

.. math:: t_r = \frac{s^2 + v / m}{s^2 + v / r}

is how much of the information of all ``m`` runs is there, and :math:`\sqrt{t_r}` the correlation of the two estimates.
Where the sample is most of the error, looks are nearly the same, and each costs little. Losses that end the looks early
are not counted in.

Source: Lan and DeMets, Biometrika 70 (1983), https://doi.org/10.1093/biomet/70.3.659, with their second function; the
recursion is that of Armitage, McPherson and Rowe, JRSS A 132 (1969), https://doi.org/10.2307/2343787.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

Array = NDArray[np.float64]

NODES = 200
"""Points of the quadrature between two looks; the boundaries are right to six digits."""
FAR = 9.0
"""Standard deviations below 0 where the quadrature begins."""


@dataclass(frozen=True)
class Look:
    """One planned look at the measurements.

    Args:
        seeds: Runs that every group under test has by then.
        schedule: Runs at every planned look, this one among them, rising.
        overall: Confidence of two-sided intervals over all looks.
    """

    seeds: int
    schedule: tuple[int, ...]
    overall: float = 0.95

    def confidence(self, fixed: float = 0.0) -> float:
        """Confidence of the two-sided intervals that decide at this look.

        Args:
            fixed: Share of the estimate's variance, as it is at this look, that more runs leave as it is; counted in
                whole hundredths.

        Raises:
            ValueError: If the share is not between 0 and 1.
        """
        if not 0 <= fixed <= 1:
            raise ValueError(f"Expected a share between 0 and 1, but got {fixed}.")
        return _confidence(self.seeds, self.schedule, self.overall, int(100 * fixed + 1e-9) / 100)


@lru_cache(maxsize=4096)
def _confidence(seeds: int, schedule: tuple[int, ...], overall: float, fixed: float) -> float:
    if len(schedule) == 1 or fixed == 1:  # looks at the same data are one look
        return overall
    times = times_of(np.array(schedule), at=seeds, fixed=fixed)
    bound = boundaries(times, error=(1 - overall) / 2)[schedule.index(seeds)]
    return float(2 * norm.cdf(bound) - 1)


def plan_looks(first: int, most: int | None = None, *, confidence: float = 0.95) -> tuple[Look, ...]:
    """Looks after ``first`` runs, twice as many, and so on, up to ``most``.

    Over all looks, an interval misses the truth with probability ``1 - confidence`` at most, half of it on either side.
    One look has all of the confidence.

    Args:
        first: Runs before the first look.
        most: Runs before the last one; by default there is one look.

    Raises:
        ValueError: If ``first`` is below 1, ``most`` below ``first``, or the confidence not between 0 and 1.
    """
    last = first if most is None else most
    if not 1 <= first <= last or not 0 < confidence < 1:
        raise ValueError(
            f"Expected 1 <= first <= most and a confidence in (0, 1), but got {first}, {most}, {confidence}."
        )
    seeds = [first]
    while seeds[-1] < last:
        seeds.append(min(2 * seeds[-1], last))
    return tuple(Look(runs, tuple(seeds), confidence) for runs in seeds)


def times_of(schedule: NDArray[np.int64], *, at: int, fixed: float) -> Array:
    """Share of all looks' information that is there after each number of runs, shape ``(K,)``; the last is 1.

    Args:
        schedule: Runs at every look, rising, shape ``(K,)``.
        at: Runs at which ``fixed`` was found.
        fixed: Share of the variance after so many runs that more of them leave as it is.
    """
    variance = fixed + (1 - fixed) * at / schedule
    found: Array = variance[-1] / variance
    return found


def spent(fractions: Array, *, error: float) -> Array:
    """One-sided error that may have been made once these shares of the information are there, shape ``(K,)``."""
    found: Array = error * np.log1p((np.e - 1) * np.asarray(fractions, dtype=np.float64))
    return found


def boundaries(fractions: Array, *, error: float) -> Array:
    """Standard errors above the null that count as shown at each look, shape ``(K,)``.

    Args:
        fractions: Of all information at each look, rising, the last one 1, shape ``(K,)``.
        error: One-sided, of all looks together.
    """
    times = np.asarray(fractions, dtype=np.float64)
    parts = np.diff(spent(times, error=error), prepend=0.0)
    steps = np.sqrt(np.diff(times, prepend=0.0))
    nodes, weights = np.zeros(1), np.ones(1)  # where the walk stands before the look, and how likely
    found = []
    for time, step, part in zip(times, steps, parts, strict=True):

        def beyond(bound: float, *, step: float = step, part: float = part) -> float:
            return float(weights @ norm.sf((bound - nodes) / step)) - part  # noqa: B023  # called within this turn

        bound = float(brentq(beyond, -FAR, FAR, xtol=1e-12))
        found.append(bound / np.sqrt(time))
        points, widths = np.polynomial.legendre.leggauss(NODES)
        low = -FAR * np.sqrt(time)
        after = low + (points + 1) * (bound - low) / 2
        density = norm.pdf((after[:, None] - nodes) / step) @ weights / step
        nodes, weights = after, density * widths * (bound - low) / 2
    return np.array(found)
