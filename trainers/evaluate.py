"""Losses and scores of every held-out example."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainers.bench import Bench
from trainers.interruption import check
from trainers.losses import LOSSES, span_means

ROWS = 64
"""Texts per forward pass."""
SPANS = 512
"""Places of texts that are scored together; bounds memory, not results."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One task on one split.

    Args:
        losses: Shape ``(N,)``.
        scores: What the metric reads, shape ``(N, outputs)``; retrieval: reciprocal ranks, ``(N, 1)``; of texts that
            are read at places, the chosen class of each, ``(N, U)``, -1 behind a text's last.
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
    if kind.placed:
        return _evaluate_placed(bench, task, split, heads)
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


def span_features(bench: Bench, task: str, split: str, read_at: NDArray[np.int32]) -> tuple[Tensor, int]:
    """States of the texts of a split at some of their tokens, text after text, and the positions computed.

    Args:
        read_at: Shape ``(N, U)``, -1 where a text has no more.

    Returns:
        Shape ``(P, H)``, for the ``P`` places that there are.
    """
    inputs, known = bench.inputs(task, split, 0), read_at >= 0
    order, number = np.argsort(inputs.lengths, kind="stable"), np.cumsum(known).reshape(known.shape) - 1
    found = torch.empty(int(known.sum()), bench.backbone.hidden, device=bench.device, dtype=bench.dtype)
    tokens = 0
    for start in range(0, len(order), ROWS):
        check()
        rows = order[start : start + ROWS]
        at = torch.from_numpy(read_at[rows].astype(np.int64)).to(bench.device)
        batch = replace(inputs.batch(rows, bench.device), read_at=at)
        places = torch.from_numpy(number[rows][known[rows]]).to(bench.device)
        found[places] = bench.features(batch, task)
        tokens += bench.positions(batch)
    return found, tokens


def _evaluate_placed(bench: Bench, task: str, split: str, heads: Sequence[nn.Module]) -> list[Evaluation]:
    """Of texts that are read at several places: no state is kept longer than its batch."""
    rows, inputs = bench.tasks[task].splits[split], bench.inputs(task, split, 0)
    order = np.argsort(inputs.lengths, kind="stable")
    losses = np.empty((len(heads), len(rows)), dtype=np.float32)
    chosen = np.full((len(heads), *rows.targets.shape), -1, dtype=np.float32)
    tokens = 0
    for start in range(0, len(order), ROWS):
        check()
        some = order[start : start + ROWS]
        batch = inputs.batch(some, bench.device)
        targets = torch.from_numpy(rows.targets[some]).to(bench.device)
        states = bench.features(batch.repeat(len(heads)), task).chunk(len(heads))
        for number, (head, own) in enumerate(zip(heads, states, strict=True)):
            found, answers = _judge(head, own, targets)
            losses[number, some] = found.cpu().numpy()
            chosen[number, some] = answers.cpu().numpy()
        tokens += bench.positions(batch)
    return [Evaluation(of, answers, tokens) for of, answers in zip(losses, chosen, strict=True)]


def _judge(head: nn.Module, states: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Losses, shape ``(B,)``, and the class of the highest score at every place, shape ``(B, U)``, -1 elsewhere."""
    known = targets >= 0
    losses, answers = [], []
    for part, right in zip(states.split(SPANS), targets[known].long().split(SPANS), strict=True):
        scores = head(part)
        losses.append(functional.cross_entropy(scores, right, reduction="none"))
        answers.append(scores.argmax(1))
    chosen = torch.full(targets.shape, -1, dtype=torch.float32, device=targets.device)
    chosen[known] = torch.cat(answers).float()
    return span_means(torch.cat(losses), targets), chosen


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
