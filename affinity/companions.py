r"""Do members of a group have their good and bad runs together? What the error of a mean over tasks depends on.

Of the standardised deviations :math:`z_{tr} = (x_{tr} - \bar{x}_t) / \sqrt{V_t}` of member ``t`` in run ``r`` around
its group's mean, the correlation is

.. math:: \rho = \frac{\sum_{groups} \sum_{t < u} \sum_r z_{tr} z_{ur}}{\sum_{groups} \binom{M}{2} (R - 1)},

one number for all groups of a protocol, as they are trained in one way. Its standard error is added, and what lies
outside of 0 to 1 is clipped: a mean is credited with what the replicates show and no more. Without replicates it is 1.

The sum over pairs is a quadratic form of normal deviations with the eigenvalues :math:`1 + (M - 1) \rho`, once, and
:math:`1 - \rho`; with :math:`P = \binom{M}{2} (R - 1)` products of a group it has the variance

.. math:: P \, \frac{(M - 1) (1 + (M - 1) \rho)^2 + (1 - \rho)^2}{M}.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from affinity.variance import Group, Readings


def companions(grouped: Mapping[str, Mapping[Group, Readings]], variances: Mapping[str, float]) -> float:
    """Correlation of members' run noise within one run, 0 to 1, with its standard error added.

    Args:
        grouped: Readings of every task in its groups.
        variances: Variance between seeds of every task's group runs.
    """
    product = 0.0
    products, sizes = [], []
    for group in sorted({group for of in grouped.values() for group in of}):
        members = [of[group] for name, of in grouped.items() if group in of and variances[name] > 0]
        scales = [variances[name] for name, of in grouped.items() if group in of and variances[name] > 0]
        runs = len(members[0].seeds) if members else 0
        if runs < 2 or len(members) < 2:
            continue
        z = _standardised(members, scales)  # shape: (M, R)
        product += (float(np.sum(z.sum(axis=0) ** 2)) - float(np.sum(z**2))) / 2
        products.append(len(members) * (len(members) - 1) / 2 * (runs - 1))
        sizes.append(len(members))
    if not products:
        return 1.0
    raw = product / sum(products)
    within, size = float(np.clip(raw, 0.0, 1.0)), np.array(sizes)
    wide = ((size - 1) * (1 + (size - 1) * within) ** 2 + (1 - within) ** 2) / size
    error = float(np.sqrt(np.array(products) @ wide)) / sum(products)
    return float(np.clip(raw + error, 0.0, 1.0))


def _standardised(members: Sequence[Readings], variances: Sequence[float]) -> np.ndarray:
    return np.stack(
        [(of.values - of.values.mean()) / np.sqrt(scale) for of, scale in zip(members, variances, strict=True)]
    )
