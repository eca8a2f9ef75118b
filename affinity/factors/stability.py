r"""Task stability: how much a target's result depends on who shares its adapter, and how much on the seed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from affinity.factors.estimate import CONFIDENCE
from affinity.factors.pairs import Pairs
from affinity.variance import RunNoise

FEWEST = 2
"""Partners of a target that make a spread."""


@dataclass(frozen=True)
class Stability:
    r"""How far a target's gains lie apart over its ``k`` partners, beyond what noise alone would do.

    With :math:`s^2` the variance of the target's pair gains, divisor ``k - 1``, and :math:`m` the mean of their own
    error variances,

    .. math:: spread = \sqrt{\max(s^2 - m, 0)}, \qquad m = \tfrac{1}{k} \sum_i (run_i^2 + sample_i^2).

    The reference's error moves all gains of a target together and takes no part. No unit, as a gain; 0 or more. 0: all
    partners are alike, or noise hides that they are not. High: the result depends on who shares the adapter.

    The interval has the ends :math:`(k - 1) s^2 / \chi^2_{k-1} - m`, as if gains and errors were normal, the errors
    known and equal. Sample errors, of which pairs share a part, are counted whole: the spread is too small rather than
    too large.

    Args:
        task: The target.
        partners: Partners ``k`` it was measured with, two or more.
        spread: True standard deviation of its gain over partners.
        low: Lower end of its two-sided 95 % interval; above 0 the partners differ by more than noise.
        high: Upper end.
        seeds: Standard deviation between seeds of one run's loss, on the gains' scale; None where no replicate tells.
        seeds_low: Lower end of its two-sided 95 % interval, by chi square.
        seeds_high: Upper end.

    Source: Akli et al., 2026, https://arxiv.org/abs/2603.09978, call tasks stable whose scores move little between
    groups, with one seed per cell. Taking the noise off, and the intervals, are ours, after the Q-profile of
    Viechtbauer, Statistics in Medicine 26 (2007), https://doi.org/10.1002/sim.2514, with equal weights.
    """

    task: str
    partners: int
    spread: float
    low: float
    high: float
    seeds: float | None = None
    seeds_low: float | None = None
    seeds_high: float | None = None

    @property
    def certain(self) -> bool:
        """Whether the partners differ by more than noise."""
        return self.low > 0


def stability(pairs: Pairs, noise: Mapping[str, RunNoise] | None = None) -> tuple[Stability, ...]:
    """The stability of every target with two partners or more, in the order of the tasks.

    Args:
        pairs: Measured pairs.
        noise: What a seed changes, by task (:func:`affinity.gains.seed_noise`).
    """
    found = []
    for t, name in enumerate(pairs.tasks):
        known = pairs.known[:, t]
        if known.sum() < FEWEST:
            continue
        own = float(np.mean(pairs.run[known, t] ** 2 + pairs.sample[known, t] ** 2))
        freedom = int(known.sum()) - 1
        seen = float(np.var(pairs.score[known, t], ddof=1))
        low, high = (max(end - own, 0.0) ** 0.5 for end in _ends(seen, freedom))
        seeds = _seeds(noise[name]) if noise and name in noise else (None, None, None)
        found.append(Stability(name, freedom + 1, max(seen - own, 0.0) ** 0.5, low, high, *seeds))
    return tuple(found)


def _seeds(noise: RunNoise) -> tuple[float | None, float | None, float | None]:
    """Standard deviation between seeds with its interval."""
    freedom = noise.run_freedom or noise.reference_freedom  # without replicates of groups the reference's serve
    if freedom <= 0:
        return None, None, None
    low, high = _ends(noise.run, freedom)
    return noise.run**0.5, low**0.5, high**0.5


def _ends(variance: float, freedom: float) -> tuple[float, float]:
    """The interval of a normal variance."""
    low, high = (float(stats.chi2.ppf((1 + side * CONFIDENCE) / 2, freedom)) for side in (1, -1))
    return variance * freedom / low, variance * freedom / high
