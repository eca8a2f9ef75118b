r"""Directed pairs in two matrices side by side: same sign or not, and apart by more than their errors or not.

With scores :math:`s_a, s_b` and standard errors :math:`e_a, e_b` of a pair, the difference is :math:`s_b - s_a` with
the error :math:`\sqrt{e_a^2 + e_b^2}`: errors of the two runs count as independent. Runs that read the same held-out
examples share a part of theirs, and then the error is too large rather than too small.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from affinity.both import Both, Difference
from affinity.factors.estimate import CONFIDENCE

NORMAL = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
"""Standard errors that an interval reaches to each side."""


@dataclass(frozen=True)
class PairScores:
    """One directed pair in both runs.

    Args:
        source: Who helps or hurts.
        target: Whose gain it is.
        score: Its affinity in each run.
        error: Standard errors; None where unknown.
        counts: Whether it takes part in the agreement: the target is learnable in both runs, and neither score stands
            in for a pair that could not be trained.
        difference: Of the scores; None where their scales differ.
        beyond: Whether the interval of the difference excludes 0.
        beyond_all: Whether it still does where all pairs are looked at together (Bonferroni).
    """

    source: str
    target: str
    score: Both[float]
    error: Both[float | None]
    counts: bool = True
    difference: Difference | None = None
    beyond: bool = False
    beyond_all: bool = False

    @property
    def apart(self) -> float:
        """Size of the difference in its standard errors, or as it is where an error is unknown; 0 without one."""
        if self.difference is None:
            return 0.0
        error = _error(self)
        return abs(self.difference.value) / error if error else abs(self.difference.value)


@dataclass(frozen=True)
class Signs:
    """Do two runs say of the same pairs that they help or hurt?

    Args:
        pairs: Directed pairs that count.
        alike: Those with the same sign in both runs, whatever their errors.
        decided: Those whose score is beyond its error in both runs: its 95 % interval excludes 0. None where a run has
            no errors.
        same: Those of ``decided`` with the same sign.
    """

    pairs: int
    alike: int
    decided: int | None = None
    same: int | None = None


def with_differences(pairs: Sequence[PairScores]) -> tuple[PairScores, ...]:
    """The pairs with their differences, the furthest apart in terms of its error first; scales must be the same."""
    counted = sum(pair.counts for pair in pairs)
    strict = float(stats.norm.ppf(1 - (1 - CONFIDENCE) / 2 / max(counted, 1)))
    found = []
    for pair in pairs:
        value, error = pair.score.b - pair.score.a, _error(pair)
        half = None if error is None else NORMAL * error
        difference = Difference(value) if half is None else Difference(value, value - half, value + half)
        sure = pair.counts and error is not None and abs(value) > strict * error
        found.append(
            PairScores(
                pair.source,
                pair.target,
                pair.score,
                pair.error,
                pair.counts,
                difference,
                beyond=pair.counts and difference.certain,
                beyond_all=sure,
            )
        )
    return tuple(sorted(found, key=lambda pair: (not pair.counts, -pair.apart, pair.source, pair.target)))


def signs(pairs: Sequence[PairScores]) -> Signs:
    """Counts signs over the pairs that count."""
    kept = [pair for pair in pairs if pair.counts]
    alike = sum(np.sign(pair.score.a) == np.sign(pair.score.b) for pair in kept)
    if any(pair.error.a is None or pair.error.b is None for pair in kept):
        return Signs(len(kept), int(alike))
    decided = [
        pair
        for pair in kept
        if abs(pair.score.a) > NORMAL * (pair.error.a or 0.0) and abs(pair.score.b) > NORMAL * (pair.error.b or 0.0)
    ]
    same = sum(np.sign(pair.score.a) == np.sign(pair.score.b) for pair in decided)
    return Signs(len(kept), int(alike), len(decided), int(same))


def noise_ratio(pairs: Sequence[PairScores]) -> float | None:
    """Root mean square of the differences over their errors: 1 is what noise alone gives; None without errors."""
    ratios = [
        (pair.difference.value / error) ** 2
        for pair in pairs
        if pair.counts and pair.difference is not None and (error := _error(pair))
    ]
    return float(np.sqrt(np.mean(ratios))) if ratios else None


def _error(pair: PairScores) -> float | None:
    if pair.error.a is None or pair.error.b is None:
        return None
    return float(np.hypot(pair.error.a, pair.error.b))
