"""Where training starts: readouts of fitted heads on the base model's features, and what the heads read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affinity.example_gradients import Candidates, drawn_negatives
from affinity.looked_spans import LookedSpans, looked_spans
from affinity.readouts import margins, ranking
from affinity.splits import SPLITS
from tasks.encoding import EncodedTask
from trainers.bench import Bench
from trainers.evaluate import SPANS, features, span_features
from trainers.fitted_heads import fitted_heads
from trainers.head_fits import FittedHeads
from trainers.heads import Linear

Array = NDArray[np.float32]
AT_ONCE = 1024
"""Queries that are told from all documents together; bounds memory, not results."""


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """One task before training, by split; ``R`` readouts for each of ``N`` examples.

    Args:
        readouts: Shape ``(N, R)``; on train from heads that did not see the example.
        inputs: What the head reads, and a 1 for its bias, shape ``(N, h)``; of spans ``(N, R, h)``; nothing for
            retrieval.
        slopes: Derivatives of the readouts by the head's ``C`` scores, shape ``(N, R, C)``; nothing for retrieval.
        candidates: Retrieval's texts; nothing for others.
        tokens: Positions computed; 0 where they were computed before.
    """

    readouts: Mapping[str, Array]
    inputs: Mapping[str, Array]
    slopes: Mapping[str, Array]
    candidates: Mapping[str, Candidates]
    tokens: int


_made: WeakKeyDictionary[Bench, dict[str, StartingPoint]] = WeakKeyDictionary()


def starting_point(bench: Bench, task: str) -> StartingPoint:
    """Where a task starts, whatever the adapter's weights: made once and remembered."""
    known = _made.setdefault(bench, {})
    if task in known:
        return replace(known[task], tokens=0)
    known[task] = _starting_point(bench, task)
    return known[task]


def _starting_point(bench: Bench, task: str) -> StartingPoint:
    """One forward pass of the base model over stop and select; that over train has fitted the heads."""
    encoded, heads = bench.tasks[task], fitted_heads(bench, task)
    if encoded.kind.placed:
        return _of_spans(bench, encoded, heads)
    readouts: dict[str, Array] = {}
    inputs: dict[str, Array] = {}
    slopes: dict[str, Array] = {}
    candidates: dict[str, Candidates] = {}
    tokens = heads.tokens
    for split in SPLITS:
        sides = list(heads.frozen)
        if split != "train":
            with bench.without_adapter(), torch.inference_mode():
                read = [features(bench, task, split, side) for side in range(encoded.sides)]
            tokens += sum(count for _, count in read)
            sides = [side.clone() for side, _ in read]  # inference tensors take no part in a backward
        if encoded.kind.pooled:
            candidates[split] = _candidates(bench, encoded, split, sides)
            readouts[split] = _ranked(heads, candidates[split])
            continue
        scores = _scores(heads, sides, fold=heads.fold if split == "train" else None).requires_grad_()
        targets = torch.from_numpy(np.ascontiguousarray(encoded.splits[split].targets)).to(bench.device)
        values = margins(encoded.kind, scores, targets)
        readouts[split] = _numpy(values)
        slopes[split] = _numpy(
            torch.stack([torch.autograd.grad(of.sum(), scores, retain_graph=True)[0] for of in values.T], dim=1)
        )
        normal = Linear.features(sides)
        inputs[split] = _numpy(torch.cat([normal, normal.new_ones(len(normal), 1)], dim=1))
    return StartingPoint(readouts, inputs, slopes, candidates, tokens)


def _of_spans(bench: Bench, task: EncodedTask, heads: FittedHeads) -> StartingPoint:
    """The same at those spans that are looked at; heads were fitted on others, so train is passed once more."""
    readouts: dict[str, Array] = {}
    inputs: dict[str, Array] = {}
    slopes: dict[str, Array] = {}
    tokens = heads.tokens
    fitted = task.kind.name != "text"  # nothing moves the head of a text, so nothing is kept of it
    for split in SPLITS:
        looked = looked_spans(task, split)
        shape = looked.targets.shape
        with bench.without_adapter(), torch.inference_mode():
            read, count = span_features(bench, task.name, split, looked.read_at)
        tokens += count
        states = read.clone()  # inference tensors take no part in a backward
        if not fitted:
            readouts[split] = _told(heads.whole, states, looked)
            continue
        fold = np.repeat(heads.fold, shape[1]) if split == "train" else None
        scores = _scores(heads, [states], fold=fold).requires_grad_()
        values = margins(task.kind, scores, torch.from_numpy(looked.targets).to(bench.device))
        readouts[split] = _numpy(values)
        slopes[split] = _numpy(torch.autograd.grad(values.sum(), scores)[0]).reshape(*shape, -1)
        normal = Linear.features([states])
        inputs[split] = _numpy(torch.cat([normal, normal.new_ones(len(normal), 1)], dim=1)).reshape(*shape, -1)
    return StartingPoint(readouts, inputs, slopes, {}, tokens)


@torch.no_grad()
def _told(head: nn.Module, states: Tensor, looked: LookedSpans) -> Array:
    """Margins of the right tokens, a few of the many scores at a time, shape ``(N, R)``."""
    right = torch.from_numpy(looked.targets).to(states.device).long().flatten()
    parts = zip(states.split(SPANS), right.split(SPANS), strict=True)
    return _numpy(torch.cat([ranking(head(part), own) for part, own in parts])).reshape(looked.targets.shape)


def _scores(heads: FittedHeads, sides: list[Tensor], *, fold: NDArray[np.int64] | None) -> Tensor:
    """Scores by the head of all examples, or by those that did not see an example, where its fold is given."""
    with torch.no_grad():
        scores: Tensor = heads.whole(*sides)
        if fold is not None:
            for number, head in enumerate(heads.folds):
                at = torch.from_numpy(fold == number).to(scores.device)
                scores[at] = head(*(side[at] for side in sides))
    return scores


def _candidates(bench: Bench, task: EncodedTask, split: str, sides: list[Tensor]) -> Candidates:
    """All texts of the split; a training query has as many negatives as in a batch."""
    targets, negatives = task.splits[split].targets, None
    if split == "train":
        size = bench.spec.training.batch_size
        negatives = drawn_negatives(targets, len(sides[1]), batch_size=size, seed=0, task=task.name)
    return Candidates(sides[0], sides[1], targets, negatives)


@torch.no_grad()
def _ranked(heads: FittedHeads, of: Candidates) -> Array:
    right = torch.from_numpy(of.targets).to(of.queries.device).long()
    found = []
    for rows in np.array_split(np.arange(len(right)), -(-len(right) // AT_ONCE)):
        some = slice(int(rows[0]), int(rows[-1]) + 1)
        scores = heads.whole(of.queries[some], of.documents)
        found.append(_numpy(ranking(scores, right[some], allowed=of.allowed(rows))))
    return np.concatenate(found)


def _numpy(values: Tensor) -> Array:
    return np.asarray(values.detach().float().cpu().numpy(), dtype=np.float32)
