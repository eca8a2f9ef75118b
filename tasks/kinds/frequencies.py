"""The constant predictor of class frequencies."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def frequency_loss(train_targets: NDArray[Any], targets: NDArray[Any], *, n_classes: int) -> float:
    r"""Mean of :math:`-\log p_{y}` over ``targets``, with :math:`p_c = (n_c + 1) / (N + C)` counted on train.

    The added one keeps it finite for a class that train lacks.
    """
    counts = np.bincount(train_targets, minlength=n_classes) + 1.0  # shape: (C,)
    log_p = np.log(counts / counts.sum())
    return float(-log_p[targets].mean())
