"""How large the gradient of a batch is expected to be: what Adam divides by, in simulated training."""

import torch
from torch import Tensor

from affinity.kernel import Block


def batch_square(gram: Tensor, slopes: Tensor, block: Block, batch_size: int) -> Tensor:
    """Expected squared norm of a batch's mean gradient in each group, shape ``(G,)``.

    Args:
        gram: Inner products of readouts' gradients, shape ``(n, n)``.
        slopes: Derivatives of examples' losses by readouts, shape ``(n, G)``.
    """
    mean = (slopes * (gram @ slopes)).sum(0) / block.examples**2
    if block.repeats == 1:
        each = (slopes.square() * gram.diagonal()[:, None]).sum(0)
    else:
        parts = slopes.reshape(block.examples, block.repeats, -1)
        at = torch.arange(block.examples, device=gram.device)
        local = gram.reshape(block.examples, block.repeats, block.examples, block.repeats)[at, :, at]  # (N, R, R)
        each = (parts * (local @ parts)).sum((0, 1))
    spread = (each / block.examples - mean).clamp(min=0.0)
    return mean + spread / batch_size
