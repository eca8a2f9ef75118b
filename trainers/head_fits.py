"""Fits of heads on frozen features: logistic or ridge regressions whose penalty is chosen out of fold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tasks.encoding import EncodedTask
from trainers.heads import Linear, make_head
from trainers.interruption import check
from trainers.losses import LOSSES
from trainers.mixing import seeded
from trainers.native import NativeHead, Template

FOLDS = 4
"""Parts of the training examples, each read by a head that was fitted on the others."""
PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4)
"""Candidates for the weight of the squared norm of a head's weights, largest first: each fit starts from the one
before."""
PATIENCE = 2
"""Candidates in a row that read worse than the best, after which smaller ones are not tried."""
STEPS = 60
"""Most iterations of a fit."""


@dataclass(frozen=True, eq=False)
class FittedHeads:
    """Heads of one task.

    Args:
        whole: Fitted on all training examples.
        folds: Head ``k`` was fitted on all examples but those of fold ``k``.
        fold: Fold of every training example, shape ``(N,)``; examples of one unit share it.
        penalty: The chosen weight of the squared norm.
        loss: Mean out-of-fold loss with it; NaN for retrieval, whose head has nothing to fit, and where features are
            not finite: heads are then as they were drawn.
        frozen: Pooled features of the training texts by side, shape ``(N, H)`` each; of spans, those it was fitted on.
        tokens: Positions computed for them.
        spans: What those are; None where a text is read as a whole.
    """

    whole: nn.Module
    folds: tuple[nn.Module, ...]
    fold: NDArray[np.int64]
    penalty: float
    loss: float
    frozen: tuple[Tensor, ...]
    tokens: int
    spans: "FittedSpans | None" = None


@dataclass(frozen=True, eq=False)
class FittedSpans:
    """Spans of training texts that heads were fitted on.

    Args:
        rows: Text of each, ascending, shape ``(P,)``.
        targets: Class of each, shape ``(P,)``.
    """

    rows: NDArray[np.int64]
    targets: NDArray[np.int64]


def fit_on_part(
    whole: FittedHeads,
    task: EncodedTask,
    frozen: tuple[Tensor, ...],
    *,
    hidden: int,
    temperature: float,
    template: Template | None = None,
) -> nn.Module:
    """The head on some of a task's examples, with the penalty that was chosen on all of them.

    Args:
        whole: Heads on all examples.
        task: The task with some of its training examples.
        frozen: Pooled features of those by side, known already, shape ``(N, H)`` each.
        temperature: Of retrieval's head.
        template: The architecture's own head, where that is what is fitted.
    """
    head = make_head(task, hidden=hidden, seed=0, temperature=temperature, template=template).to(frozen[0].device)
    if whole.penalty == 0:  # nothing was fitted
        return head
    with torch.no_grad():
        inputs, back = _reduced(_inputs(head, frozen))
        weight, bias = (None if values is None else values.double() for values in _fitting(whole.whole).get())
    assert weight is not None
    targets = torch.from_numpy(np.ascontiguousarray(task.splits["train"].targets)).to(inputs.device)
    start = [weight @ back.T, *([] if bias is None else [bias])]
    weight, *biases = _fit(task, inputs, targets, penalty=whole.penalty, start=start)
    return _with(head, [weight @ back, *biases])


def fit_heads(
    task: EncodedTask,
    frozen: tuple[Tensor, ...],
    *,
    tokens: int,
    hidden: int,
    temperature: float,
    template: Template | None = None,
) -> FittedHeads:
    """Fits a task's heads.

    A head fitted on the examples that it reads has margins that are far too large; hence the folds. The penalty that
    reads them best also brings the heads of all folds to one scale.

    Args:
        frozen: Pooled features of the training texts by side, shape ``(N, H)`` each.
        tokens: Positions computed for them.
        temperature: Of retrieval's head, which stays as it starts.
        template: The architecture's own head, for tasks that it can serve: its last map is what is fitted.
    """
    rows = task.splits["train"]
    fold = folds_of(rows.units, task=task.name)

    def head() -> nn.Module:
        made = make_head(task, hidden=hidden, seed=0, temperature=temperature, template=template)
        return made.to(frozen[0].device)

    if task.kind.pooled or not all(bool(side.isfinite().all()) for side in frozen):
        only = head()
        return FittedHeads(only, (only,) * FOLDS, fold, 0.0, float("nan"), frozen, tokens)
    targets = torch.from_numpy(np.ascontiguousarray(rows.targets)).to(frozen[0].device)
    with torch.no_grad():
        empty = head()
        inputs, back = _reduced(_inputs(empty, frozen))
        biased = _fitting(empty).get()[1] is not None
    kept = [torch.from_numpy(fold != k).to(inputs.device) for k in range(FOLDS)]
    found: list[list[Tensor]] = [_zeros(task, inputs, biased=biased) for _ in range(FOLDS)]
    best: tuple[float, float, list[list[Tensor]]] | None = None
    worse = 0
    for penalty in PENALTIES:
        check()
        found = [
            _fit(task, inputs[keep], targets[keep], penalty=penalty, start=of)
            for keep, of in zip(kept, found, strict=True)
        ]
        loss = sum(
            float(LOSSES[task.kind.name](nn.functional.linear(inputs[~keep], *of), targets[~keep]).sum())
            for keep, of in zip(kept, found, strict=True)
        ) / len(rows)
        worse += 1
        if best is None or loss < best[0]:
            best, worse = (loss, penalty, found), 0
        if worse == PATIENCE:
            break
    assert best is not None
    loss, penalty, found = best
    whole = _fit(task, inputs, targets, penalty=penalty, start=found[0])
    first, *others = (_with(head(), [weight @ back, *bias]) for weight, *bias in (whole, *found))
    return FittedHeads(first, tuple(others), fold, penalty, loss, frozen, tokens)


def folds_of(units: NDArray[np.int64], *, task: str) -> NDArray[np.int64]:
    """A fold for every example; examples of one unit share it, unless all are of one: no other fold would be left."""
    distinct, index = np.unique(units, return_inverse=True)
    if len(distinct) == 1:
        distinct = index = np.arange(len(units))
    places = np.arange(len(distinct)) % FOLDS
    seeded("folds", task).shuffle(places)
    return np.asarray(places[index], dtype=np.int64)


def _fit(
    task: EncodedTask, inputs: Tensor, targets: Tensor, *, penalty: float, start: Sequence[Tensor]
) -> list[Tensor]:
    """Weight and bias, if there is one, with the lowest penalised mean loss."""
    weight, *bias = (values.clone().requires_grad_() for values in start)
    optimizer = torch.optim.LBFGS([weight, *bias], max_iter=STEPS, line_search_fn="strong_wolfe", tolerance_grad=1e-6)
    loss_of = LOSSES[task.kind.name]

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(nn.functional.linear(inputs, weight, *bias), targets).mean() + penalty * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return [of.detach() for of in (weight, *bias)]


def _reduced(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The inputs in coordinates of their own span, ``(N, k)``, and the way back for weights, ``(k, d)``.

    A penalised fit has no weight outside that span, and ``k`` is at most the number of examples.
    """
    left, sizes, right = torch.linalg.svd(inputs, full_matrices=False)
    return left * sizes, right


def _zeros(task: EncodedTask, inputs: Tensor, *, biased: bool) -> list[Tensor]:
    shapes = [(task.outputs, inputs.shape[1]), *([(task.outputs,)] if biased else [])]
    return [torch.zeros(shape, dtype=inputs.dtype, device=inputs.device) for shape in shapes]


def _fitting(head: nn.Module) -> Linear | NativeHead:
    assert isinstance(head, Linear | NativeHead)
    return head


def _inputs(head: nn.Module, frozen: Sequence[Tensor]) -> Tensor:
    """What the map that is fitted reads, in fp64, shape ``(N, d)``."""
    if isinstance(head, NativeHead):
        return head.inputs(frozen[0]).double()
    return Linear.features([side.double() for side in frozen])


def _with(head: nn.Module, weights: Sequence[Tensor]) -> nn.Module:
    weight, *bias = weights
    _fitting(head).put(weight, bias[0] if bias else None)
    return head
