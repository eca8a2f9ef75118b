r"""Model architecture: do the affinities of one base model hold for another?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.agreement import off_diagonal, pooled_spearman, within_target_spearman
from affinity.factors.estimate import correlation_over_tasks
from affinity.matrix import AffinityMatrix

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Architecture:
    r"""Agreement of the affinities of two base models, or of two settings of one.

    Spearman's rank correlation of their scores, -1 to 1. 1: the models rank alike, so groups found with one serve the
    other; 0: chance. Noise alone keeps two models that agree fully from more than
    :math:`ceiling = \sqrt{r_1 r_2}`, with ``r`` the reliability of each one's scores.

    Intervals are two-sided, 95 %, Student's t with ``T - 1`` degrees of freedom on the error of leaving out one task at
    a time, within -1 and 1; None with fewer than four tasks, or where a correlation is undefined without one of them.

    Args:
        first: Name of one model.
        second: Name of the other.
        cells: Directed pairs that were compared.
        within: Rank correlation of the sources within each target, mean over targets: do they name the same partners?
            None if undefined.
        within_low: Lower end of its interval.
        within_high: Upper end.
        pooled: Rank correlation of all directed pairs at once, which also counts which targets gain at all.
        pooled_low: Lower end of its interval.
        pooled_high: Upper end.
        ceiling: What noise allows; None where a reliability is unknown.

    Source: Akli et al., 2026, https://arxiv.org/abs/2603.09978, compare pairs over base models by eye. The correlation
    with its ceiling is ours.
    """

    first: str
    second: str
    cells: int
    within: float | None
    within_low: float | None
    within_high: float | None
    pooled: float | None
    pooled_low: float | None
    pooled_high: float | None
    ceiling: float | None = None


def architecture(
    first: AffinityMatrix,
    second: AffinityMatrix,
    *,
    names: tuple[str, str],
    reliabilities: tuple[float, float] | None = None,
) -> Architecture:
    """Compares two matrices of the same tasks, in whatever order.

    Args:
        names: What the two are called.
        reliabilities: Of the scores of each, 0 to 1, such as ``affinity.agreement.reliability(...).whole`` gives.

    Raises:
        ValueError: If the tasks differ, there are fewer than two, or a reliability is not within 0 and 1.
    """
    if set(first.tasks) != set(second.tasks) or len(first) < 2:
        raise ValueError(
            f"Expected two matrices of the same tasks, two or more, but got {list(first.tasks)} and "
            f"{list(second.tasks)}; cut them with `subset`."
        )
    if reliabilities is not None and not all(0 <= r <= 1 for r in reliabilities):
        raise ValueError(f"Expected reliabilities within 0 and 1, but got {reliabilities}.")
    left, right = off_diagonal(first), off_diagonal(second.reorder(first.tasks))
    return Architecture(
        *names,
        len(first) * (len(first) - 1),
        *correlation_over_tasks(within_target_spearman, left, right),
        *correlation_over_tasks(pooled_spearman, left, right),
        None if reliabilities is None else float(np.sqrt(reliabilities[0] * reliabilities[1])),
    )
