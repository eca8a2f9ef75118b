"""What every kind of task can tell."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Kind(Protocol):
    """What is predicted, and what follows from it; see :mod:`tasks.kinds` for the table."""

    @property
    def name(self) -> str:
        """Its key in :data:`tasks.kinds.KINDS`."""

    @property
    def default_metric(self) -> str:
        """The metric of a task that names none."""

    @property
    def pooled(self) -> bool:
        """True if the last side is a pool of candidates that the examples share: retrieval."""

    @property
    def placed(self) -> bool:
        """True if a text is scored at several places and not as a whole: targets are padded, see
        :mod:`tasks.kinds.spans`."""

    def outputs(self, n_classes: int) -> int:
        """Scores per example that a head gives, for ``n_classes`` classes or labels."""

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        """Mean loss on ``targets`` of the constant predictor fitted on ``train_targets``; above 0 and finite."""

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """The training loss of every example in nats (regression: squared standard deviations), shape ``(N,)``."""

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """What a random split spreads evenly: pairs of a row and a stratum it is in, shape ``(K, 2)``."""
