r"""Do two affinity matrices say the same of the same tasks, and what does their noise let be said?

Two runs that measure the same affinities still differ by their noise, which keeps their correlation below 1. With
:math:`\rho` the share of a matrix' spread that is no noise, two matrices of the same truth are expected to have

.. math:: attainable = \sqrt{\rho_a \rho_b}, \qquad \rho = 1 - \overline{e^2} / \mathrm{var}(s),

scores :math:`s` and standard errors :math:`e` over directed pairs, and :math:`\rho = 0` where errors are as large as
the spread. Of an estimator whose scores are posterior means (:data:`POSTERIORS`) noise is shrunk away already, and
errors say how far the truth may be: :math:`\rho = \mathrm{var}(s) / (\mathrm{var}(s) + \overline{e^2})`. Either is an
estimate itself, rough with few pairs, and runs that share data or seeds may agree better, as they share noise.

Source: Spearman 1904, https://doi.org/10.2307/1412159, for the attenuation. Where our verdict stands between chance and
that is ours.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.agreement import pooled_pearson, pooled_spearman, within_target_spearman
from affinity.both import Both
from affinity.factors.estimate import correlation_over_tasks
from affinity.matrix import AffinityMatrix
from affinity.pair_differences import PairScores, Signs, noise_ratio, signs, with_differences

Array = NDArray[np.float64]

POSTERIORS = frozenset({"hybrid"})
"""Estimators whose scores are means of a posterior, and whose errors are its standard deviations."""
FEWEST_PAIRS = 3
"""Directed pairs that make a correlation worth a number."""
AGREE, PARTLY, DISAGREE, UNDECIDED = "agree", "agree in part", "disagree", "undecided"
"""What can be said of two matrices."""


@dataclass(frozen=True)
class Correlation:
    """A correlation over directed pairs, -1 to 1, with its two-sided 95 % interval over tasks.

    Args:
        value: 1: the same up to scale; 0: chance; None where it is undefined.
        low: Lower end; None with fewer than four tasks, or where it is undefined without one of them.
        high: Upper end.
        attainable: What noise alone allows; None where errors are unknown.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    attainable: float | None = None


@dataclass(frozen=True)
class Concordance:
    """Two matrices of the same tasks.

    Args:
        tasks: The tasks.
        same_scale: Whether the scores are in the same unit: otherwise differences and signs mean nothing.
        pearson: Correlation of all directed pairs, of those that count.
        spearman: Rank correlation of them.
        within: Rank correlation of the sources within each target, mean over targets: the same best partners?
        reliability: Share of each matrix' spread that is no noise, 0 to 1; None where errors are unknown.
        noise_ratio: How large differences are beside their errors; 1 is what noise alone gives.
        signs: Do the same pairs help or hurt? None where scales differ.
        verdict: :data:`AGREE`, :data:`PARTLY` (less than noise allows), :data:`DISAGREE` or :data:`UNDECIDED`.
        pairs: Every directed pair, the furthest apart first.
    """

    tasks: tuple[str, ...]
    same_scale: bool
    pearson: Correlation
    spearman: Correlation
    within: Correlation
    reliability: Both[float | None]
    noise_ratio: float | None
    signs: Signs | None
    verdict: str
    pairs: tuple[PairScores, ...]

    @property
    def counted(self) -> tuple[PairScores, ...]:
        """The pairs that count."""
        return tuple(pair for pair in self.pairs if pair.counts)

    @property
    def leading(self) -> Correlation:
        """The correlation that the verdict rests on: of ranks, where scales differ."""
        return self.pearson if self.same_scale else self.spearman


def concordance(
    a: AffinityMatrix, b: AffinityMatrix, *, left_out: Collection[str] = (), same_scale: bool = True
) -> Concordance:
    """Compares two matrices of the same tasks, in whatever order.

    Pairs count but those with a target that is left out, and those whose error alone is unknown in a matrix: the score
    of a pair that could not be trained is a stand-in.

    Args:
        left_out: Targets whose affinities are not interpreted, as they were not learnable.
        same_scale: Whether the scores of both are in the same unit.

    Raises:
        ValueError: If the tasks differ, or there are fewer than two.
    """
    if set(a.tasks) != set(b.tasks) or len(a) < 2:
        raise ValueError(
            f"Expected two matrices of the same tasks, two or more, but got {list(a.tasks)} and {list(b.tasks)}; cut "
            "them with `subset`."
        )
    tasks = tuple(sorted(a.tasks))
    a, b = a.reorder(tasks), b.reorder(tasks)
    kept = ~np.eye(len(tasks), dtype=bool) & ~np.isin(tasks, sorted(left_out))[None, :]
    known = [np.isfinite(matrix.errors) for matrix in (a, b)]
    for finite in [of for of in known if of[kept].any()]:
        kept = kept & finite
    reliabilities = Both(_reliability(a, kept), _reliability(b, kept))
    attainable = None
    if reliabilities.a is not None and reliabilities.b is not None:
        attainable = float(np.sqrt(reliabilities.a * reliabilities.b))
    left, right = (np.where(kept, matrix.scores, np.nan) for matrix in (a, b))
    pearson = Correlation(*_over_tasks(pooled_pearson, left, right), attainable)
    spearman = Correlation(*_over_tasks(pooled_spearman, left, right), attainable)
    within = Correlation(*_over_tasks(within_target_spearman, left, right))
    pairs = _pairs(a, b, kept)
    pairs = with_differences(pairs) if same_scale else pairs
    ratio = noise_ratio(pairs)
    return Concordance(
        tasks=tasks,
        same_scale=same_scale,
        pearson=pearson,
        spearman=spearman,
        within=within,
        reliability=reliabilities,
        noise_ratio=ratio,
        signs=signs(pairs) if same_scale else None,
        verdict=_verdict(pearson if same_scale else spearman, ratio),
        pairs=pairs,
    )


def _verdict(of: Correlation, ratio: float | None) -> str:
    """Between chance and what noise allows.

    Less than noise allows is only said where differences are larger than their errors too, if both are known: what is
    attainable is rough.
    """
    if of.low is None or of.high is None or of.attainable == 0:
        return UNDECIDED
    if of.high < 0:
        return DISAGREE
    short = of.attainable is not None and of.high < of.attainable and (ratio is None or ratio > 1)
    if of.low > 0:
        return PARTLY if short else AGREE
    return DISAGREE if short else UNDECIDED


def _reliability(matrix: AffinityMatrix, kept: NDArray[np.bool_]) -> float | None:
    scores, errors = matrix.scores[kept], matrix.errors[kept]
    if len(scores) < FEWEST_PAIRS or not np.isfinite(errors).all():
        return None
    spread, noise = float(scores.var(ddof=1)), float(np.mean(errors**2))
    if spread == 0:
        return 0.0
    return spread / (spread + noise) if matrix.estimator in POSTERIORS else max(0.0, 1 - noise / spread)


def _over_tasks(
    correlate: Callable[[Array, Array], float], left: Array, right: Array
) -> tuple[float | None, float | None, float | None]:
    def enough(one: Array, other: Array) -> float:
        return correlate(one, other) if np.isfinite(one).sum() >= FEWEST_PAIRS else float("nan")

    return correlation_over_tasks(enough, left, right)


def _pairs(a: AffinityMatrix, b: AffinityMatrix, kept: NDArray[np.bool_]) -> tuple[PairScores, ...]:
    def error(matrix: AffinityMatrix, i: int, j: int) -> float | None:
        value = float(matrix.errors[i, j])
        return value if np.isfinite(value) else None

    return tuple(
        PairScores(
            source,
            target,
            Both(float(a.scores[i, j]), float(b.scores[i, j])),
            Both(error(a, i, j), error(b, i, j)),
            bool(kept[i, j]),
        )
        for i, source in enumerate(a.tasks)
        for j, target in enumerate(a.tasks)
        if i != j
    )
