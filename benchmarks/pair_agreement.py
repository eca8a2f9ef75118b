r"""How far two measurements of the same pair affinities agree, beside what their own noise allows.

A measurement is a table of gains, pairs by targets. Noise alone keeps two of them apart, so every figure stands between
two yardsticks: ``ceiling``, what it would be if both measured the same affinities and differed by their seeds only, and
``chance``, what it would be if they had nothing in common. For correlations the ceiling is
:math:`\sqrt{\rho_a \rho_b}`, where :math:`\rho` is a side's reliability from two halves of its seeds (Spearman and
Brown), and chance is 0. For shares both are those of normal variables with that correlation, and with the sides' own
shares of positive gains.

Source: Spearman 1904, https://doi.org/10.2307/1412159, for the ceiling.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from affinity.agreement import within_target_spearman
from benchmarks.truth_table import TruthTable

Array = NDArray[np.float64]
Measure = Callable[[Array, Array], float]

RESAMPLES = 1000
"""Bootstrap resamples behind an interval."""
DRAWS = 20_000
"""Normal draws behind the ceiling of a share."""


@dataclass(frozen=True)
class Figure:
    """One measure of agreement.

    Args:
        value: What was found; NaN where it is not defined.
        low: Lower end of its 90 % bootstrap interval.
        high: Upper end.
        ceiling: Expected of two measurements that differ by seeds only.
        chance: Expected of two measurements that have nothing in common.
    """

    value: float
    low: float
    high: float
    ceiling: float
    chance: float


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of two tables of pair gains.

    Args:
        within: Spearman correlation within targets, mean over targets; its interval is over pairs.
        pooled: Spearman correlation of all cells; its interval is over pairs.
        sign: Share of cells whose gain has the same sign; its interval is over pairs.
        best: Share of targets whose best partner is the same; its interval is over targets.
        pairs: Pairs that both sides have.
        cells: Gains that both sides have.
        reliability: Of the two sides within targets; 0 where the halves of a side do not agree at all.
    """

    within: Figure
    pooled: Figure
    sign: Figure
    best: Figure
    pairs: int
    cells: int
    reliability: tuple[float, float]


def pair_agreement(one: TruthTable, other: TruthTable) -> PairAgreement:
    """Compares two sides that hold the same pairs.

    Raises:
        ValueError: If tasks or pairs differ, or a side has fewer than two seeds of pairs or references.
    """
    if one.tasks != other.tasks or not np.array_equal(one.members, other.members):
        raise ValueError("Expected the same tasks and pairs on both sides.")
    for side in (one, other):
        if len(side.losses) < 2 or len(side.references) < 2:
            raise ValueError(
                f"Expected two seeds or more of pairs and references, but got {len(side.losses)} and "
                f"{len(side.references)}."
            )
    a, b = one.all, other.all
    both = np.isfinite(a) & np.isfinite(b)
    own = tuple(side.reliability.whole for side in (one, other))
    within = ceiling(*own)
    pooled = ceiling(*(_whole(pooled_spearman(*(side.gains(*half) for half in side.halves))) for side in (one, other)))
    positive = float((a[both] > 0).mean()), float((b[both] > 0).mean())
    partners = both.sum(axis=0)
    return PairAgreement(
        within=Figure(within_target_spearman(a, b), *over_pairs(within_target_spearman, a, b), within, 0.0),
        pooled=Figure(pooled_spearman(a, b), *over_pairs(pooled_spearman, a, b), pooled, 0.0),
        sign=Figure(
            same_sign(a, b), *over_pairs(same_sign, a, b), sign_expected(pooled, positive), sign_expected(0.0, positive)
        ),
        best=Figure(
            same_best(a, b), *over_targets(same_best, a, b), best_expected(within, partners), best_expected(0, partners)
        ),
        pairs=len(one.members),
        cells=int(both.sum()),
        reliability=(own[0], own[1]),
    )


def pooled_spearman(a: Array, b: Array) -> float:
    """Spearman correlation of all cells that both sides have; NaN if either side is constant."""
    both = np.isfinite(a) & np.isfinite(b)
    if np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return float("nan")
    return float(stats.spearmanr(a[both], b[both]).statistic)


def same_sign(a: Array, b: Array) -> float:
    """Share of the cells that both sides have in which both gains are above 0 or neither is."""
    both = np.isfinite(a) & np.isfinite(b)
    return float(((a > 0) == (b > 0))[both].mean())


def same_best(a: Array, b: Array) -> float:
    """Share of targets with the same best pair, among targets with two pairs or more; NaN without such a target."""
    both = np.isfinite(a) & np.isfinite(b)
    found = [
        int(np.argmax(np.where(kept, left, -np.inf))) == int(np.argmax(np.where(kept, right, -np.inf)))
        for left, right, kept in zip(a.T, b.T, both.T, strict=True)
        if kept.sum() > 1
    ]
    return float(np.mean(found)) if found else float("nan")


def ceiling(one: float, other: float) -> float:
    """Correlation of two measurements of the same, by their reliabilities."""
    return float(np.sqrt(one * other))


def sign_expected(correlation: float, positive: tuple[float, float]) -> float:
    """Share of equal signs of two normal variables that are above 0 with these probabilities."""
    left, right = _normal(correlation, 1)
    first, second = (float(stats.norm.isf(share)) for share in positive)
    return float(((left > first) == (right > second)).mean())


def best_expected(correlation: float, partners: NDArray[np.int_]) -> float:
    """Share of targets with the same best partner if cells are normal; mean over targets with two partners or more."""
    found = []
    for count in partners[partners > 1]:
        left, right = _normal(correlation, int(count))
        found.append(float((left.argmax(axis=1) == right.argmax(axis=1)).mean()))
    return float(np.mean(found)) if found else float("nan")


def over_pairs(measure: Measure, a: Array, b: Array) -> tuple[float, float]:
    """90 % percentile interval over resampled rows: both gains of a pair stay together, as one run made them."""
    generator = np.random.default_rng(0)
    rows = (generator.integers(len(a), size=len(a)) for _ in range(RESAMPLES))
    return _interval([measure(a[of], b[of]) for of in rows])


def over_targets(measure: Measure, a: Array, b: Array) -> tuple[float, float]:
    """90 % percentile interval over resampled columns."""
    generator = np.random.default_rng(0)
    columns = (generator.integers(a.shape[1], size=a.shape[1]) for _ in range(RESAMPLES))
    return _interval([measure(a[:, of], b[:, of]) for of in columns])


def _interval(values: list[float]) -> tuple[float, float]:
    kept = [value for value in values if np.isfinite(value)]
    if not kept:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [0.05, 0.95])
    return float(low), float(high)


def _whole(halves: float) -> float:
    return 2 * halves / (1 + halves) if halves > 0 else 0.0 * halves


def _normal(correlation: float, size: int) -> tuple[Array, Array]:
    """Two tables of standard normal draws, shape ``(DRAWS, size)``, with this correlation between them."""
    left, own = np.random.default_rng(0).standard_normal((2, DRAWS, size))
    return left, correlation * left + np.sqrt(1 - correlation**2) * own
