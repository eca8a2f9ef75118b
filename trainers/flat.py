"""Weights of one adapter or head in one vector, and AdamW over many such vectors at once.

Runs that are trained together each have their own step counts, step sizes and gradient norms. With a run's weights in
one vector, a step of all runs is a dozen operations over lists of vectors, whatever the number of layers.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

BETAS = (0.9, 0.999)
"""Decays of the averages of gradients and of their squares: the defaults of `torch.optim.AdamW`."""
EPSILON = 1e-8
"""Added to the root of the averaged squares: the default of `torch.optim.AdamW`."""


class Flat:
    """Parameters as slices of one vector of ``d`` weights; their gradients are slices of another.

    Args:
        parameters: Moved into the vector; backward passes add to :attr:`grad` through them. A head may have none.
        device: Of the vector where there are none.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], *, device: torch.device | None = None) -> None:
        self.parameters = list(parameters)
        parts = [parameter.detach().flatten() for parameter in self.parameters]
        self.values = torch.cat(parts) if parts else torch.zeros(0, device=device)  # shape: (d,)
        self.grad, self.mean, self.square = (torch.zeros_like(self.values) for _ in range(3))
        self.steps = 0
        sizes = [parameter.numel() for parameter in self.parameters]
        for parameter, value, grad in zip(
            self.parameters, self.values.split(sizes), self.grad.split(sizes), strict=True
        ):
            parameter.data = value.view(parameter.shape)
            parameter.grad = grad.view(parameter.shape)


@torch.no_grad()
def clip_each(runs: Sequence[Sequence[Flat]], limits: Sequence[float]) -> Tensor:
    """Scales each run's gradient down to its own limit, as `clip_grad_norm_` does for one run.

    Args:
        runs: The vectors of every run that takes a step; as many for each.
        limits: Largest norms.

    Returns:
        The norms before, shape ``(runs,)``.
    """
    grads = [flat.grad for run in runs for flat in run]
    norms: Tensor = torch.stack(torch._foreach_norm(grads)).view(len(runs), -1).norm(dim=1)  # shape: (runs,)
    shrink = (norms.new_tensor(limits) / (norms + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(grads, list(shrink.repeat_interleave(len(runs[0])).unbind()))
    return norms


@torch.no_grad()
def adamw(flats: Sequence[Flat], rates: Sequence[float], decays: Sequence[float]) -> None:
    """One AdamW step of every vector with its own step size and weight decay; gradients are zero afterwards.

    Vectors that are not named stay as they are: momentum moves no run that is finished.

    Source: Loshchilov & Hutter, ICLR 2019, https://arxiv.org/abs/1711.05101, in the order of `torch.optim.AdamW`.
    """
    for flat in flats:
        flat.steps += 1
    values, grads = [flat.values for flat in flats], [flat.grad for flat in flats]
    means, squares = [flat.mean for flat in flats], [flat.square for flat in flats]
    torch._foreach_mul_(values, [1 - rate * decay for rate, decay in zip(rates, decays, strict=True)])
    torch._foreach_lerp_(means, grads, 1 - BETAS[0])
    torch._foreach_mul_(squares, BETAS[1])
    torch._foreach_addcmul_(squares, grads, grads, value=1 - BETAS[1])
    roots = list(torch._foreach_sqrt(squares))
    torch._foreach_div_(roots, [(1 - BETAS[1] ** flat.steps) ** 0.5 for flat in flats])
    torch._foreach_add_(roots, EPSILON)
    sizes = [-rate / (1 - BETAS[0] ** flat.steps) for rate, flat in zip(rates, flats, strict=True)]
    torch._foreach_addcdiv_(values, means, roots, sizes)
    torch._foreach_zero_(grads)
