"""Several processes that train each run together: each has a device, a copy of the model, and a part of every batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True)
class Team:
    """A process among others that hold the same weights; by default there are no others.

    Args:
        rank: Its number, from 0.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def writes(self) -> bool:
        """Whether this process writes what all of them know."""
        return self.rank == 0

    def part(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Its rows of a batch; those of all processes are the batch."""
        return rows[self.rank :: self.count]

    def divides(self, rows: NDArray[np.int64], *, whole: bool) -> bool:
        """Whether a batch is divided: not if it must stay whole, or gives somebody nothing to do.

        Args:
            whole: Whether its examples need each other.
        """
        return self.count > 1 and not whole and len(rows) >= self.count

    def add(self, parameters: Sequence[nn.Parameter]) -> None:
        """Gives every parameter the sum of all processes' gradients; none counts as 0."""
        grads = [torch.zeros_like(of) if of.grad is None else of.grad for of in parameters]
        flat = torch.cat([grad.flatten() for grad in grads])
        torch.distributed.all_reduce(flat)
        for of, part in zip(parameters, flat.split([of.numel() for of in parameters]), strict=True):
            of.grad = part.view_as(of).clone()

    def total(self, value: float, device: torch.device) -> float:
        """The sum of a number over all processes; itself where there are no others."""
        if self.count == 1:
            return value
        found = torch.tensor([value], dtype=torch.float32 if device.type == "mps" else torch.float64, device=device)
        torch.distributed.all_reduce(found)
        return float(found)

    def align(self, tensors: Sequence[Tensor]) -> None:
        """Gives all processes the first one's values."""
        if self.count > 1:
            for of in tensors:
                torch.distributed.broadcast(of, src=0)


ALONE = Team()
