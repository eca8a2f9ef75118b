"""What a task would change in a layer on top of the frozen features, from forward passes alone."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.gradients import PARTS_PER_FOLD, VERSION, GradientJob, TaskGradient, chosen_rows, parts_of
from trainers.cost import Cost

if TYPE_CHECKING:
    from torch import Tensor, nn

    from trainers.bench import Bench
    from trainers.head_fits import FittedHeads, FittedSpans

WIDTH = 512
"""Features wider than this are projected at random to it, the same way for every task; inner products stay the same on
average, with an error of about 1 / sqrt(WIDTH) of the norms."""
AT_ONCE = 512
"""Spans whose gradients are taken together; bounds memory, not results."""


@dataclass(frozen=True, kw_only=True)
class FeatureJob(GradientJob):
    """One task's gradient of a linear layer on frozen features, as a job."""

    @property
    def key(self) -> str:
        content = [VERSION, PARTS_PER_FOLD, WIDTH, self.task, self.seed, self.context]
        return hashlib.sha256(json.dumps(["feature gradient", content]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"features of {self.task}, seed {self.seed}"

    def run(self, context: "Bench") -> TaskGradient:
        return feature_gradient(context, self.task, seed=self.seed)


def feature_gradient(bench: "Bench", task: str, *, seed: int) -> TaskGradient:
    r"""Gradients of a task's mean training loss with respect to a linear layer between frozen features and head.

    .. math:: C = \frac{1}{N} \sum_x \frac{\partial \ell_x}{\partial f_x} (f_x - \bar f)^\top

    for the layer :math:`f \mapsto f + W (f - \bar f)` at :math:`W = 0`, summed over the sides of a pair; heads are
    fitted out of fold. Parts have shape ``(parts, w * w)``, with ``w`` the smaller of the base model's width and
    :data:`WIDTH`.
    """
    from trainers.fitted_heads import fitted_heads

    start = time.perf_counter()
    heads = fitted_heads(bench, task)
    narrow = _projection(bench.backbone.hidden, seed=seed).to(bench.device)
    parts = [_covariance(bench, task, head, heads, rows, narrow) for head, rows in parts_of(heads)]
    cost = Cost(
        seconds=time.perf_counter() - start, flops=heads.tokens * bench.forward_flops, tokens_forward=heads.tokens
    )
    return TaskGradient(np.stack(parts), cost)


def _covariance(
    bench: "Bench",
    task: str,
    head: "nn.Module",
    heads: "FittedHeads",
    rows: NDArray[np.int64],
    narrow: "Tensor",
) -> NDArray[np.float32]:
    """The layer's mean gradient over the rows, shape ``(w * w,)``."""
    import torch

    from trainers.losses import LOSSES, in_batch

    kind, size = bench.tasks[task].kind, bench.spec.training.batch_size
    total = torch.zeros(narrow.shape[1], narrow.shape[1], device=bench.device)
    if heads.spans is not None:
        return _of_spans(heads.spans, head, heads.frozen[0], rows, narrow)
    for batch in np.array_split(rows, -(-len(rows) // size)):
        places, targets = chosen_rows(bench, task, batch)
        texts = [
            side[torch.from_numpy(place).to(bench.device)].requires_grad_()
            for side, place in zip(heads.frozen, places, strict=True)
        ]
        scores = head(*texts)
        losses = in_batch(scores, targets) if kind.pooled else LOSSES[kind.name](scores, targets)
        for side, text, gradient in zip(heads.frozen, texts, torch.autograd.grad(losses.sum(), texts), strict=True):
            total += (gradient @ narrow).T @ ((text.detach() - side.mean(dim=0)) @ narrow)
    return (total.flatten() / len(rows)).cpu().numpy()


def _of_spans(
    spans: "FittedSpans", head: "nn.Module", frozen: "Tensor", rows: NDArray[np.int64], narrow: "Tensor"
) -> NDArray[np.float32]:
    """The same where examples are read at several places: the mean over those of the rows that heads are fitted on."""
    import torch
    from torch.nn import functional

    at = np.flatnonzero(np.isin(spans.rows, rows))
    total = torch.zeros(narrow.shape[1], narrow.shape[1], device=frozen.device)
    for some in np.array_split(at, -(-len(at) // AT_ONCE)):
        states = frozen[torch.from_numpy(some).to(frozen.device)].requires_grad_()
        right = torch.from_numpy(spans.targets[some]).to(frozen.device)
        loss = functional.cross_entropy(head(states), right, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, states)
        total += (gradient @ narrow).T @ ((states.detach() - frozen.mean(dim=0)) @ narrow)
    return (total.flatten() / len(at)).cpu().numpy()


def _projection(hidden: int, *, seed: int) -> "Tensor":
    """The identity, or a Gaussian projection to :data:`WIDTH`; shape ``(H, w)``."""
    import torch

    from trainers.mixing import seeded

    if hidden <= WIDTH:
        return torch.eye(hidden)
    drawn = seeded("feature projection", seed).standard_normal((hidden, WIDTH)) / np.sqrt(WIDTH)
    return torch.from_numpy(drawn.astype(np.float32))
