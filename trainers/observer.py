"""Who looks on while a group trains, without a training loop of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from trainers.bench import Bench


class Running(Protocol):
    """A run between two optimiser steps."""

    @property
    def bench(self) -> "Bench":
        """Where it trains; the adapter holds the run's present weights."""

    @property
    def group(self) -> Sequence[str]:
        """Its members, sorted."""

    @property
    def own(self) -> "Mapping[str, Sequence[nn.Parameter]]":
        """The head weights of every member."""

    @property
    def optimizer(self) -> "Optimizer":
        """AdamW; its first group is the adapter."""

    @property
    def steps(self) -> int:
        """Optimiser steps taken so far."""

    def loss(self, name: str, rows: "np.ndarray", *, dropout: bool = True) -> "Tensor":
        """Mean training loss of a batch of one member at the present weights.

        Counts into the run's cost: as a forward and a backward where gradients are on, else as a forward.
        """


Observer = Callable[[Running], None]
"""Called before every optimiser step, the first one included, with the run as the step will find it.

It must leave weights, gradients, optimiser and random numbers as they are: an observed run ends where the same run
ends unobserved.
"""
