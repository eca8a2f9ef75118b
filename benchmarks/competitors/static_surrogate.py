r"""The static surrogate: every group is a logistic regression on gradients taken at one point.

Around the initial adapter the margin of an example is taken as linear in the adapter's change :math:`w`,
:math:`m_x(w) = m_x + g_x \cdot w`, with the projected gradient :math:`g_x` of its margin. Training a group is then one
regression with fixed offsets over the union of its members' training examples,

.. math:: w_S = \arg\min_w \sum_{t \in S} \sum_x \log(1 + e^{-m_x(w)}) + \frac{\lambda}{2} \lVert w \rVert^2,

and a member's held-out loss follows from the gradients of its select half. Backward passes are made once per example,
whatever the number of groups.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affinity.gradients import chosen_rows
from affinity.readouts import margins, ranking
from tasks.kinds import Kind
from trainers.bench import Bench
from trainers.cost import Cost
from trainers.fitted_heads import fitted_heads
from trainers.mixing import seeded

Array = NDArray[np.float64]

STEPS = 50
"""Newton steps at most; a handful suffices."""
PRECISION = 1e-10
"""Newton ends once a step would lower the objective by less than this share of it."""


@dataclass(frozen=True, eq=False)
class Margins:
    """One task's examples on one split, linear in the adapter's change.

    Args:
        offsets: Margins at the initial adapter, shape ``(N,)``; regression: errors. Multilabel: one per label.
        gradients: Their projected gradients, shape ``(N, P)``.
        squared: Whether the loss is the square of the margin, for regression, instead of its logistic loss.
        weight: Weight of one row in the training loss: one over the number of labels, else 1.
        constant: Loss of the constant predictor; retrieval: of chance among the documents of a batch.
    """

    offsets: Array
    gradients: Array
    squared: bool
    weight: float
    constant: float

    def loss(self, change: Array) -> float:
        """Mean loss after a change of the adapter, shape ``(P,)``."""
        return float(self._losses(change).mean())

    def objective(self, change: Array) -> float:
        """Weighted sum of the losses."""
        return self.weight * float(self._losses(change).sum())

    def slopes(self, change: Array) -> tuple[Array, Array]:
        """Gradient ``(P,)`` and Hessian ``(P, P)`` of :meth:`objective`."""
        margin = self.offsets + self.gradients @ change
        if self.squared:
            first, second = 2 * margin, np.full(len(margin), 2.0)
        else:
            wrong = np.exp(-np.logaddexp(0.0, margin))  # sigmoid(-margin)
            first, second = -wrong, wrong * (1 - wrong)
        gradient = self.weight * (first @ self.gradients)
        return gradient, self.weight * (self.gradients.T @ (second[:, None] * self.gradients))

    def _losses(self, change: Array) -> Array:
        margin = self.offsets + self.gradients @ change
        return np.asarray(margin**2 if self.squared else np.logaddexp(0.0, -margin))


@dataclass(frozen=True, eq=False)
class StaticSurrogate:
    r"""Guesses every member's gain in any group; a :class:`affinity.prior.GainPrior`.

    The gain of member :math:`t` is :math:`(L_t(w_{\{t\}}) - L_t(w_S)) / L_t^{prior}` on the select half: 0 for a
    single, positive where the others' examples help.

    Args:
        tasks: The ``T`` tasks, in the order of the columns.
        train: Training margins by task; heads are fitted out of fold.
        held_out: Margins of the select half by task.
        ridge: :math:`\lambda` in units of the mean squared norm of a training gradient. 1 is scikit-learn's default
            ``C = 1`` for features scaled to norm 1 on average.
        cost: What the gradients cost: forwards, and one backward per margin.

    Source: Li, Zhang and Zhang, ACL 2025 (EnsembleLoRA), https://arxiv.org/abs/2505.21930; Li, Zhang, Wang and Zhang,
    EMNLP Findings 2024 (GRADEX), https://arxiv.org/abs/2409.19458. They take gradients after a first training on all
    tasks; here, as other estimators do, at the initial adapter with heads fitted out of fold. Regression, multilabel
    and retrieval are not in the papers: squared errors, one margin per label, and margins among a batch's documents.
    """

    tasks: tuple[str, ...]
    train: dict[str, Margins]
    held_out: dict[str, Margins]
    ridge: float = 1.0
    cost: Cost = field(default_factory=Cost)
    _losses: dict[tuple[str, ...], dict[str, float]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, bench: Bench, tasks: Sequence[str], *, seed: int, dimensions: int = 300, ridge: float = 1.0
    ) -> "StaticSurrogate":
        """Takes the gradients of all tasks.

        Args:
            seed: Seed of adapter and projection.
            dimensions: ``P``, to which gradients are projected at random, the same way for all tasks.
        """
        start = time.perf_counter()
        bench.adapter.reset(seed=seed)
        bench.adapter.set_dropout(on=False)
        size = sum(parameter.numel() for parameter in bench.adapter_parameters)
        drawn = seeded("gradient projection", seed).standard_normal((size, dimensions), dtype=np.float32)
        reader = _Reader(bench, torch.from_numpy(drawn / np.float32(np.sqrt(dimensions))).to(bench.device))
        train, held_out = {}, {}
        for name in tasks:
            train[name], held_out[name] = reader.read(name)
        backward = bench.training_flops - bench.forward_flops
        cost = Cost(
            seconds=time.perf_counter() - start,
            flops=reader.forward * bench.forward_flops + reader.backward * backward,
            tokens_forward=reader.forward,
            tokens_backward=reader.backward,
        )
        return cls(tuple(tasks), train, held_out, ridge, cost)

    def gains(self, members: NDArray[np.bool_]) -> Array:
        """Guessed gains, shape ``(G, T)``; NaN where the task is not a member, 0 for a single."""
        found = np.full(members.shape, np.nan)
        for row, chosen in enumerate(members):
            group = tuple(name for name, member in zip(self.tasks, chosen, strict=True) if member)
            for column in np.flatnonzero(chosen):
                name = self.tasks[column]
                alone, shared = self.losses((name,))[name], self.losses(group)[name]
                found[row, column] = (alone - shared) / self.held_out[name].constant
        return found

    def losses(self, group: tuple[str, ...]) -> dict[str, float]:
        """Guessed held-out loss of every member."""
        key = tuple(sorted(group))
        if key not in self._losses:
            change = fit([self.train[name] for name in key], strength=self._strength)
            self._losses[key] = {name: self.held_out[name].loss(change) for name in key}
        return self._losses[key]

    @property
    def _strength(self) -> float:
        norms = np.concatenate([(rows.gradients**2).sum(axis=1) for _, rows in sorted(self.train.items())])
        return self.ridge * float(norms.mean())


def fit(parts: Sequence[Margins], *, strength: float) -> Array:
    """The change of the adapter, shape ``(P,)``, that minimises the parts' objectives plus ``strength / 2 * |w|^2``.

    Newton's method with halved steps.
    """
    change = np.zeros(parts[0].gradients.shape[1])
    value = _objective(parts, change, strength)
    for _ in range(STEPS):
        slopes = [part.slopes(change) for part in parts]
        gradient = sum((slope for slope, _ in slopes), strength * change)
        hessian = sum((curvature for _, curvature in slopes), strength * np.eye(len(change)))
        step = np.linalg.solve(hessian, gradient)
        expected = float(gradient @ step)  # twice what the quadratic model promises
        if expected <= PRECISION * abs(value):
            break
        scale = 1.0
        while (reached := _objective(parts, change - scale * step, strength)) > value - 0.25 * scale * expected:
            scale /= 2
            if scale < PRECISION:
                return change
        change, value = change - scale * step, reached
    return change


def _objective(parts: Sequence[Margins], change: Array, strength: float) -> float:
    return sum(part.objective(change) for part in parts) + strength / 2 * float(change @ change)


class _Reader:
    """Reads margins and projected gradients, and counts the positions computed."""

    def __init__(self, bench: Bench, projection: Tensor) -> None:
        self.bench, self.projection = bench, projection
        self.forward = self.backward = 0

    def read(self, task: str) -> tuple[Margins, Margins]:
        """Training examples with heads fitted out of fold, and the select half with a head fitted on all of train."""
        bench, splits = self.bench, self.bench.tasks[task].splits
        heads = fitted_heads(bench, task)
        self.forward += heads.tokens
        found = [
            self._rows(task, "train", head, np.flatnonzero(heads.fold == fold)) for fold, head in enumerate(heads.folds)
        ]
        held_out = self._rows(task, "select", heads.whole, np.arange(len(splits["select"])))
        offsets, gradients = (np.concatenate(part) for part in zip(*found, strict=True))
        return self._margins(task, "train", offsets, gradients), self._margins(task, "select", *held_out)

    def _margins(self, task: str, split: str, offsets: Array, gradients: Array) -> Margins:
        encoded = self.bench.tasks[task]
        constant = encoded.splits[split].prior_loss
        if encoded.kind.pooled:
            batches = -(-len(encoded.splits[split]) // self.bench.spec.training.batch_size)
            constant = float(np.log(len(encoded.splits[split]) / batches))
        labels = encoded.outputs if encoded.kind.name == "multilabel" else 1
        squared = encoded.kind.name == "regression"
        return Margins(offsets, gradients, squared=squared, weight=1 / labels, constant=constant)

    def _rows(self, task: str, split: str, head: nn.Module, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """Margins ``(N,)`` and projected gradients ``(N, P)``; one backward each, as published."""
        bench = self.bench
        size = bench.spec.training.batch_size if bench.tasks[task].kind.pooled else 1
        offsets, gradients = [], []
        for batch in np.array_split(rows, -(-len(rows) // size)):
            places, targets = chosen_rows(bench, task, batch, split)
            texts = [bench.inputs(task, split, side).batch(place, bench.device) for side, place in enumerate(places)]
            tokens = sum(text.tokens for text in texts)
            scores = head(*(bench.features(text) for text in texts))
            self.forward += tokens
            for value in _margins_of(bench.tasks[task].kind, scores, targets).flatten():
                if not torch.isfinite(value):
                    continue  # a query whose batch holds no other document tells nothing
                found = torch.autograd.grad(value, bench.adapter_parameters, retain_graph=True)
                flat = torch.cat([gradient.flatten() for gradient in found]).float()
                offsets.append(float(value.detach()))
                gradients.append((flat @ self.projection).cpu().numpy().astype(np.float64))
                self.backward += tokens
        return np.array(offsets), np.stack(gradients)


def _margins_of(kind: Kind, scores: Tensor, targets: Tensor) -> Tensor:
    """Readouts, shape ``(B, R)``; retrieval's documents are told apart within a batch, equal ones left out."""
    if not kind.pooled:
        return margins(kind, scores, targets)
    own = torch.arange(len(scores), device=scores.device)
    return ranking(scores, own, allowed=targets[:, None] != targets[None, :])
