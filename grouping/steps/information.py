r"""What training a group would tell about which grouping is best: the knowledge gradient, read from draws.

With :math:`V_{dp}` the value of proposal :math:`p` under draw :math:`d` and :math:`y_d` the gains of a group's members,
the expectation of :math:`V_p` after seeing :math:`y` is taken as linear in it, :math:`\hat V_p(y)`, and

.. math:: KG = \frac1D \sum_d \max_p \hat V_p(y_d) - \max_p \frac1D \sum_d V_{dp} :

by how much the best proposal is expected to be better, chosen after the group was trained, whether or not the group is
part of it.

Source: the knowledge gradient of Frazier, Powell and Dayanik, INFORMS J. Comput. 2009,
https://doi.org/10.1287/ijoc.1080.0314; the regression on draws is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RIDGE = 0.05
"""Ridge of the regression on standardised gains, as a share of their variance."""


def knowledge_gradient(gains: Array, values: Array) -> float:
    """Expected improvement of the best proposal by knowing one group's gains, 0 or more.

    Args:
        gains: Draws of the gains of the group's members, shape ``(D, M)``.
        values: Draws of the proposals' values, shape ``(D, P)``.
    """
    mean = values.mean(axis=0)
    spread = gains.std(axis=0)
    told = (gains - gains.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    gram = told.T @ told / len(told) + RIDGE * np.eye(told.shape[1])
    slopes = np.linalg.solve(gram, told.T @ (values - mean) / len(told))
    return max(float((mean + told @ slopes).max(axis=1).mean() - mean.max()), 0.0)
