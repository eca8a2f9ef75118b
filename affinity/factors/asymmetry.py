r"""Asymmetry: does a pair help one of its members more than the other?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from affinity.factors.estimate import CONFIDENCE, Estimate, estimate, jackknife_error, of_one_run
from affinity.factors.pairs import Pairs

FEWEST = 3
"""Pairs that make a variance."""


@dataclass(frozen=True)
class OneSided:
    r"""One pair, named so that the source gives more than it gets.

    Args:
        source: The task that gives more.
        target: The other.
        forward: :math:`A_{source \to target}`.
        backward: :math:`A_{target \to source}`.
        difference: ``forward - backward``, 0 or more; no unit. 0: both gain alike. The two tasks have their own
            references and examples, but the same run, which if anything makes their errors alike: counting them as
            independent makes the error too large rather than too small. Which way is forward was read off the same
            numbers, so the interval is that of a pair named beforehand.
    """

    source: str
    target: str
    forward: float
    backward: float
    difference: Estimate


@dataclass(frozen=True)
class Asymmetry:
    r"""How much of the affinities goes one way only.

    Every pair of scores is a symmetric part :math:`S = (A_{ij} + A_{ji}) / 2` and an antisymmetric part
    :math:`K = (A_{ij} - A_{ji}) / 2`. With :math:`\sigma_S^2` the variance of ``S`` over pairs and :math:`\sigma_K^2`
    the mean square of ``K``, both less what noise puts there and at least 0,

    .. math:: share = \sigma_K^2 / (\sigma_S^2 + \sigma_K^2).

    A share of variance, 0 to 1. 0: a pair helps both members alike, if not all pairs equally. 1: nothing is mutual;
    what one gains the other lacks. Targets that gain from everybody count as one-sided, as they do not give it back.

    Args:
        pairs: Every pair measured both ways, the largest difference first.
        beyond: Share of the scores' variance that noise does not explain, 0 to 1; near 0 the share below means nothing.
            None with fewer than three pairs, or if all scores are equal.
        share: Antisymmetric share of the variance beyond noise; None if there is none.
        low: Lower end of its two-sided 95 % interval, within 0 and 1, by leaving out one task at a time; None where
            leaving out a task changes nothing, as at the edge of 0, or leaves nothing to divide.
        high: Upper end.

    Source: Akli et al., 2026, https://arxiv.org/abs/2603.09978, observe that one member of a pair often gains at the
    other's cost. The quantities and their errors are ours.
    """

    pairs: tuple[OneSided, ...]
    beyond: float | None
    share: float | None
    low: float | None
    high: float | None

    @property
    def certain(self) -> int:
        """Pairs whose difference has an interval that excludes 0; chance alone gives about 5 % of them."""
        return sum(pair.difference.certain for pair in self.pairs)


def asymmetry(pairs: Pairs) -> Asymmetry:
    """The asymmetry of measured pairs; pairs of which one way is unknown are left out."""
    count = len(pairs.tasks)
    found = [_one_sided(pairs, i, j) for i, j in zip(*_both_ways(pairs), strict=True)]
    found.sort(key=lambda pair: (-pair.difference.value, pair.source, pair.target))
    beyond, share = _shares(pairs)
    error = jackknife_error(lambda kept: _shares(pairs.subset(kept))[1], count)
    low, high = None, None
    if np.isfinite(share) and np.isfinite(error) and error > 0:
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
        low, high = max(share - half, 0.0), min(share + half, 1.0)
    return Asymmetry(
        tuple(found), beyond if np.isfinite(beyond) else None, share if np.isfinite(share) else None, low, high
    )


def _both_ways(pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices ``i < j`` of the pairs that are known both ways, each of shape ``(P,)``."""
    i, j = np.nonzero(np.triu(pairs.known & pairs.known.T, 1))
    return i, j


def _one_sided(pairs: Pairs, i: int, j: int) -> OneSided:
    forward, backward = float(pairs.score[i, j]), float(pairs.score[j, i])
    if (backward, pairs.tasks[i]) > (forward, pairs.tasks[j]):  # equal scores: by name, whatever the order of tasks
        return _one_sided(pairs, j, i)
    run = float(of_one_run(np.array([pairs.run[i, j], -pairs.run[j, i]])))
    rest = sum(float(part[at]) ** 2 for part in (pairs.sample, pairs.reference) for at in ((i, j), (j, i)))
    freedom = float(min(pairs.freedom[i, j], pairs.freedom[j, i]))
    difference = estimate(forward - backward, run + rest, freedom)
    return OneSided(pairs.tasks[i], pairs.tasks[j], forward, backward, difference)


def _shares(pairs: Pairs) -> tuple[float, float]:
    """The variance beyond noise as a share of all, and its antisymmetric share; NaN where undefined."""
    i, j = _both_ways(pairs)
    count = len(i)
    if count < FEWEST:
        return float("nan"), float("nan")
    mutual, one_way = ((pairs.score[i, j] + sign * pairs.score[j, i]) / 2 for sign in (1, -1))  # shape: (P,)
    noise = float(np.mean(pairs.variance[i, j] + pairs.variance[j, i])) / 4
    in_common = np.zeros((len(pairs.tasks), len(pairs.tasks)))
    in_common[i, j], in_common[j, i] = pairs.reference[i, j], pairs.reference[j, i]
    moved = float(np.sum(in_common.sum(axis=0) ** 2 - (in_common**2).sum(axis=0))) / 4  # sum of covariances of pairs
    seen = float(np.var(mutual, ddof=1)), float(np.mean(one_way**2))
    left = max(seen[0] - noise + moved / (count * (count - 1)), 0.0), max(seen[1] - noise, 0.0)
    return (
        min(sum(left) / sum(seen), 1.0) if sum(seen) > 0 else float("nan"),
        left[1] / sum(left) if sum(left) > 0 else float("nan"),
    )
