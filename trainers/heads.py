"""What turns pooled features into a task's scores: one head per task, never shared."""

import hashlib
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tasks.encoding import EncodedTask
from tasks.kinds import KINDS
from trainers.native import NativeHead, Template, is_native


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

    def put(self, weight: Tensor, bias: Tensor | None) -> None:
        """Takes the weights of a fit in: ``(C, d)`` and ``(C,)``."""
        with torch.no_grad():
            self.weight.copy_(weight)
            if bias is not None:
                self.bias.copy_(bias)

    def get(self) -> tuple[Tensor, Tensor | None]:
        """The weights as :meth:`put` takes them."""
        return self.weight.detach(), self.bias.detach()

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


def make_head(
    task: EncodedTask, *, hidden: int, seed: int, temperature: float, template: Template | None = None
) -> nn.Module:
    """The task's head, initialised from ``seed`` and the task's name alone: a single and a group start alike.

    Args:
        template: The architecture's own, for tasks that it can serve; None for pooled heads.
    """
    if task.kind.pooled:
        return Similarity(temperature)
    digest = hashlib.sha256(f"head:{seed}:{task.name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    if template is not None and is_native(task):
        return NativeHead(template, outputs=task.outputs, binary=task.kind.name == "binary", generator=generator)
    return Linear(hidden, task.outputs, sides=task.sides, generator=generator)


def empty_head(*, kind: str, hidden: int, outputs: int, sides: int, template: Template | None = None) -> nn.Module:
    """A head of the form that a task has, for weights to be put in.

    Args:
        kind: Name of the task's kind.
        template: Where the task has the architecture's own head.
    """
    if KINDS[kind].pooled:
        return Similarity(1.0)
    if template is not None:
        return NativeHead(template, outputs=outputs, binary=kind == "binary", generator=torch.Generator())
    return Linear(hidden, outputs, sides=sides, generator=torch.Generator())
