"""Several processes that train each run together: each has a device, a copy of the model, and a part of every batch."""

from collections.abc import Callable, Sequence
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

    def part(self, rows: NDArray[np.int64], *, whole: bool) -> NDArray[np.int64]:
        """Its rows of a batch, perhaps none; those of all processes are the batch.

        Args:
            whole: Whether the batch's examples need each other: the first process then has them all.
        """
        if whole:
            return rows if self.rank == 0 else rows[:0]
        return rows[self.rank :: self.count]

    def add(self, parameters: Sequence[nn.Parameter]) -> None:
        """Gives every parameter the sum of all processes' gradients, equal in all of them; none where none has one."""
        if self.count == 1:
            return
        grads = [torch.zeros_like(of) if of.grad is None else of.grad for of in parameters]
        there = grads[0].new_tensor([of.grad is not None for of in parameters])
        flat = torch.cat([*(grad.flatten() for grad in grads), there])
        torch.distributed.all_reduce(flat)
        *parts, counts = flat.split([*(of.numel() for of in parameters), len(parameters)])
        for of, part, count in zip(parameters, parts, counts.tolist(), strict=True):
            of.grad = part.view_as(of) if count else None

    def total(self, value: float, device: torch.device) -> float:
        """The sum of a number over all processes; itself where there are no others."""
        if self.count == 1:
            return value
        found = torch.tensor([value], dtype=torch.float32 if device.type == "mps" else torch.float64, device=device)
        torch.distributed.all_reduce(found)
        return float(found)

    def agreed(self, values: NDArray[np.float32], device: torch.device) -> NDArray[np.float32]:
        """The first process's values, where others computed them too, on devices that may round otherwise."""
        if self.count == 1:
            return values
        found = torch.from_numpy(np.array(values)).to(device)
        self.align([found])
        return found.cpu().numpy()

    def same(self, function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """The function with the first process's answer in all of them; they call it equally often."""

        def first(given: Tensor) -> Tensor:
            found = function(given).contiguous()
            self.align([found])
            return found

        return first

    def align(self, tensors: Sequence[Tensor]) -> None:
        """Gives all processes the first one's values."""
        if self.count > 1:
            for of in tensors:
                torch.distributed.broadcast(of, src=0)


ALONE = Team()
