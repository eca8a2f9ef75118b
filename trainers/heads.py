"""What turns pooled features into a task's scores: one head per task, never shared."""

import hashlib
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tasks.encoding import EncodedTask


class Linear(nn.Module):
    """Scores of a text or of a pair: a linear map of the normalised features.

    A pair's features are :math:`[u, v, |u - v|, u \\odot v]`. Features are normalised per text, so that heads see one
    scale whatever the base model.

    Source: the pair features are those of Conneau et al., EMNLP 2017, https://arxiv.org/abs/1705.02364.
    """

    def __init__(self, hidden: int, outputs: int, *, sides: int, generator: torch.Generator) -> None:
        super().__init__()
        width = hidden if sides == 1 else 4 * hidden
        self.weight = nn.Parameter(torch.randn(outputs, width, generator=generator) * 0.02)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, *sides: Tensor) -> Tensor:
        return functional.linear(self.features(sides), self.weight, self.bias)

    @staticmethod
    def features(sides: Sequence[Tensor]) -> Tensor:
        """What the map reads of one or two sides of pooled features, shape ``(B, H)`` or ``(B, 4 H)``."""
        normal = [functional.layer_norm(side, side.shape[-1:]) for side in sides]
        if len(normal) == 2:
            left, right = normal
            normal = [left, right, (left - right).abs(), left * right]
        return torch.cat(normal, dim=-1)


class Similarity(nn.Module):
    """Cosine similarities of queries to documents, divided by a learned temperature; shape ``(B, P)``."""

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def forward(self, queries: Tensor, documents: Tensor) -> Tensor:
        similarity = functional.normalize(queries, dim=-1) @ functional.normalize(documents, dim=-1).T
        return similarity * self.log_scale.exp().clamp(max=100.0)


def make_head(task: EncodedTask, *, hidden: int, seed: int, temperature: float) -> nn.Module:
    """The task's head, initialised from ``seed`` and the task's name alone: a single and a group start alike."""
    if task.kind.pooled:
        return Similarity(temperature)
    digest = hashlib.sha256(f"head:{seed}:{task.name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    return Linear(hidden, task.outputs, sides=task.sides, generator=generator)
