"""Exponential moving average of trained weights: what evaluation reads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class MovingAverage:
    r"""Keeps :math:`\bar w \leftarrow \beta_c \bar w + (1 - \beta_c) w`.

    The decay :math:`\beta_c = \min(\beta, (1+c)/(10+c))` grows with the number ``c`` of updates, so that
    the average forgets where training began.

    Args:
        parameters: The weights that are averaged.
        decay: :math:`\beta`; 0 keeps the last weights.
    """

    def __init__(self, parameters: Sequence[Tensor], *, decay: float) -> None:
        self.parameters = list(parameters)
        self.decay = decay
        self.count = 0
        self.average = [parameter.detach().clone() for parameter in self.parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Takes the present weights in."""
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        if self.parameters:
            torch._foreach_lerp_(self.average, [parameter.data for parameter in self.parameters], 1 - decay)


@contextmanager
def averaged(averages: Sequence[MovingAverage]) -> Iterator[None]:
    """Within it, the parameters hold their averages."""
    current = [[parameter.data.clone() for parameter in average.parameters] for average in averages]
    load([average.average for average in averages], averages)
    try:
        yield
    finally:
        load(current, averages)


@torch.no_grad()
def load(values: Sequence[Sequence[Tensor]], averages: Sequence[MovingAverage]) -> None:
    """Writes ``values`` into the averages' parameters."""
    for average, tensors in zip(averages, values, strict=True):
        if average.parameters:
            torch._foreach_copy_([parameter.data for parameter in average.parameters], list(tensors))
