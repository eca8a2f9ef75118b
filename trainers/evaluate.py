"""Losses and scores of every held-out example."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.bench import Bench
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


@torch.inference_mode()
def evaluate(bench: Bench, task: str, split: str, head: nn.Module) -> Evaluation:
    """Evaluates the present adapter and ``head`` on a split."""
    rows, kind = bench.tasks[task].splits[split], bench.tasks[task].kind
    sides, tokens = zip(*(features(bench, task, split, side) for side in range(len(rows.sides))), strict=True)
    targets = torch.from_numpy(np.ascontiguousarray(rows.targets)).to(bench.device)
    if kind.pooled:
        losses, scores = _retrieve(head, sides[0], sides[1], targets)
    else:
        scores = head(*sides)
        losses = LOSSES[kind.name](scores, targets)
    return Evaluation(losses.float().cpu().numpy(), scores.float().cpu().numpy(), sum(tokens))


def features(bench: Bench, task: str, split: str, side: int) -> tuple[Tensor, int]:
    """Pooled features of all texts of a side, shape ``(N, H)``, computed in order of length."""
    inputs = bench.inputs(task, split, side)
    order = np.argsort(inputs.lengths, kind="stable")
    features = torch.empty(len(order), bench.backbone.hidden, device=bench.device)
    tokens = 0
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        batch = inputs.batch(rows, bench.device)
        features[torch.from_numpy(rows).to(bench.device)] = bench.features(batch)
        tokens += batch.tokens
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
