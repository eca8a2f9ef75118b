"""Losses and scores of every held-out example."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.bench import Bench
from trainers.interruption import check
from trainers.losses import LOSSES

ROWS = 64
"""Texts per forward pass."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One task on one split.

    Args:
        losses: Shape ``(N,)``.
        scores: What the metric reads, shape ``(N, outputs)``; retrieval: reciprocal ranks, ``(N, 1)``.
        tokens: Positions computed, padding included.
    """

    losses: NDArray[np.float32]
    scores: NDArray[np.float32]
    tokens: int


def evaluate(bench: Bench, task: str, split: str, head: nn.Module) -> Evaluation:
    """Evaluates the present adapter and ``head`` on a split."""
    return evaluate_each(bench, task, split, [head])[0]


@torch.inference_mode()
def evaluate_each(bench: Bench, task: str, split: str, heads: Sequence[nn.Module]) -> list[Evaluation]:
    """Evaluates ``K`` heads on a split, head ``k`` on the features that the ``k``-th copy of each batch gets.

    Several heads need a model that treats copies differently: :class:`trainers.stack_layers.StackedLinear`.
    """
    rows, kind = bench.tasks[task].splits[split], bench.tasks[task].kind
    sides, tokens = zip(
        *(copied_features(bench, task, split, side, copies=len(heads)) for side in range(len(rows.sides))), strict=True
    )
    targets = torch.from_numpy(np.ascontiguousarray(rows.targets)).to(bench.device)
    found: list[Evaluation] = []
    for head, *own in zip(heads, *sides, strict=True):
        if kind.pooled:
            losses, scores = _retrieve(head, own[0], own[1], targets)
        else:
            scores = head(*own)
            losses = LOSSES[kind.name](scores, targets)
        found.append(Evaluation(losses.cpu().numpy(), scores.cpu().numpy(), sum(tokens)))
    return found


def features(bench: Bench, task: str, split: str, side: int) -> tuple[Tensor, int]:
    """Pooled features of all texts of a side, shape ``(N, H)``, and the positions computed."""
    found, tokens = copied_features(bench, task, split, side, copies=1)
    return found[0], tokens


def copied_features(bench: Bench, task: str, split: str, side: int, *, copies: int) -> tuple[Tensor, int]:
    """Pooled features of all texts of a side, computed in order of length, every batch ``copies`` times over.

    Returns:
        Features, shape ``(copies, N, H)``, and the positions that one copy computed, padding included.
    """
    inputs = bench.inputs(task, split, side)
    order = np.argsort(inputs.lengths, kind="stable")
    features = torch.empty(copies, len(order), bench.backbone.hidden, device=bench.device, dtype=bench.dtype)
    tokens = 0
    for start in range(0, len(order), ROWS):
        check()
        rows = order[start : start + ROWS]
        batch = inputs.batch(rows, bench.device)
        copied = bench.features(batch.repeat(copies), task)
        copied = copied.unflatten(0, (copies, len(rows)))  # shape: (copies, rows, H)
        features[:, torch.from_numpy(rows).to(bench.device)] = copied
        tokens += bench.positions(batch)
    return features, tokens


def _retrieve(head: nn.Module, queries: Tensor, documents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Losses and reciprocal ranks over the fixed pool of documents; of equal scores, the right one ranks last."""
    losses, ranks = [], []
    for start in range(0, len(queries), 1024):
        part = targets[start : start + 1024].long()
        scores = head(queries[start : start + 1024], documents)  # shape: (queries, pool)
        losses.append(LOSSES["retrieval"](scores, part))
        right = scores.gather(1, part[:, None])
        ranks.append((scores >= right).sum(1, keepdim=True))
    return torch.cat(losses), 1.0 / torch.cat(ranks).float()
