"""The gradients of all members of a group as one step of the shared adapter."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from trainers.aggregators import weights_of


class NotFinite(Exception):
    """A member's gradient is not finite.

    Args:
        task: The member.
    """

    def __init__(self, task: str) -> None:
        super().__init__(task)
        self.task = task


def taken(parameters: list[nn.Parameter]) -> list[Tensor | None]:
    """The gradients of parameters, which are left without."""
    found = [parameter.grad for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
    return found


def combine(
    shared: list[nn.Parameter], gradients: Mapping[str, list[Tensor | None]], weighting: Any
) -> dict[str, float]:
    """Gives the adapter the weighted sum of its members' gradients.

    Args:
        shared: The adapter's weights.
        gradients: Of the adapter, by member; None where a weight took no part.
        weighting: As :func:`trainers.aggregators.open_aggregator` gives it.

    Returns:
        Every member's share of the step, nothing where the adapter has no weights: the length of its weighted gradient
        over the sum of all. Weights alone say less: of a gradient ten times as long, a tenth of the weight is as much.

    Raises:
        NotFinite: If a gradient is not.
    """
    if not shared:
        return {}
    rows = [
        torch.cat(
            [
                torch.zeros_like(of).flatten() if own is None else own.flatten()
                for of, own in zip(shared, grads, strict=True)
            ]
        )
        for grads in gradients.values()
    ]
    jacobian = torch.stack(rows)  # shape: (m, d)
    for name, row in zip(gradients, jacobian, strict=True):
        if not torch.isfinite(row).all():
            raise NotFinite(name)
    weights = weights_of(weighting, jacobian)
    step = (weights @ jacobian).split([of.numel() for of in shared])
    for of, part in zip(shared, step, strict=True):
        of.grad = part.view_as(of)
    size = weights.abs() * jacobian.norm(dim=1)
    total = float(size.sum())
    found = size.tolist()
    return {name: of / total if total > 0 else 1 / len(found) for name, of in zip(gradients, found, strict=True)}
