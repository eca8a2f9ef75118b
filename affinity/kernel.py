r"""How a step on one training example moves the readouts of all examples.

Adam moves weight :math:`j` by its gradient over :math:`\sqrt{v_j}`, the root of the mean square of batch gradients.
With :math:`g_i` an example's gradient, a step on example :math:`k` moves the readout of example :math:`i` in proportion
to

.. math:: K_{ik} = \sum_j p_j\, g_{ij}\, g_{kj}, \qquad p_j = (v_j / \bar v)^{-1/2},

with one :math:`p` for all tasks, :math:`\bar v` the mean of :math:`v`; what is left of Adam's scaling, one number for
each group and time, follows from the gradients' sizes. A task's head adds a kernel of its own among the task's
examples.

Halves of a task's training examples are looked at from two anchors. A held-out example is looked at from both: what one
training example does to it is read where that one was looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affinity.gradient_pass import TaskPass
from affinity.readouts import ReadoutLoss
from affinity.splits import SPLITS

FLOOR = 0.01
"""Mean squares below this share of the mean count as that much: weights that never move decide nothing."""
TINY = np.finfo(np.float64).tiny
AT_ONCE = 4096
"""Weights whose gradients are handled together; bounds memory, not results."""


@dataclass(frozen=True, eq=False)
class Block:
    """One task's readouts and what moves them; ``n`` readouts of training examples, ``m`` of a split.

    Args:
        loss: Of a readout.
        repeats: Readouts per example; an example's loss is their mean.
        examples: Training examples.
        start: Readouts before training, by split, shape ``(m,)``.
        shared: Kernel of the adapter by split, shape ``(m, all tasks' training readouts)``.
        own: Kernel of the head by split, shape ``(m, n)``; nothing for retrieval.
        gram: Inner products of the adapter's gradients, shape ``(n, n)``.
        own_gram: Of the head's, shape ``(n, n)``.
        own_size: Number of the head's weights.
        columns: Where the task's training readouts stand among all.
    """

    loss: ReadoutLoss
    repeats: int
    examples: int
    start: Mapping[str, Tensor]
    shared: Mapping[str, Tensor]
    own: Mapping[str, Tensor]
    gram: Tensor
    own_gram: Tensor | None
    own_size: int
    columns: slice


@dataclass(frozen=True, eq=False)
class Kernel:
    """The blocks of ``T`` tasks.

    Args:
        blocks: By task.
        size: Number of the adapter's weights that have a gradient.
        flops: Operations of the adapter's inner products.
    """

    blocks: Mapping[str, Block]
    size: int
    flops: float

    @property
    def columns(self) -> int:
        """Training readouts of all tasks."""
        return max(int(block.columns.stop) for block in self.blocks.values())


def kernel(
    looks: Mapping[str, Sequence[TaskPass]],
    losses: Mapping[str, ReadoutLoss],
    *,
    batch_size: int,
    device: torch.device,
) -> Kernel:
    """The kernel of tasks whose training examples were looked at in parts, each part from an anchor of its own.

    Args:
        looks: By task; the first part of every task from one anchor, the second from another. Training readouts stand
            in the order of the parts.
        batch_size: Examples per step, whose mean gradient Adam squares.
        device: Where the products are computed; they are kept there in fp32.
    """
    wholes = {name: _whole(parts) for name, parts in looks.items()}
    counts = {name: of.start["train"].size for name, of in wholes.items()}
    edges = np.cumsum([0, *counts.values()])
    places = {name: slice(int(edges[i]), int(edges[i + 1])) for i, name in enumerate(looks)}
    squares = [
        mean_square(
            [part.gradients["train"] for part in parts],
            wholes[name].start["train"],
            losses[name],
            batch_size=batch_size,
        )
        for name, parts in looks.items()
    ]
    size = len(squares[0])
    scale = _inverse_root(np.mean([of / max(of.mean(), TINY) for of in squares], axis=0))
    shared, gram = _products(looks, counts, places, scale, device=device)
    blocks = {}
    for name, of in wholes.items():
        head = _head(of, losses[name], batch_size=batch_size, device=device)
        blocks[name] = Block(
            loss=losses[name],
            repeats=of.start["train"].shape[1],
            examples=len(of.start["train"]),
            start={split: _flat(of.start[split], device) for split in SPLITS},
            shared=shared[name],
            own=head.own,
            gram=gram[name],
            own_gram=head.gram,
            own_size=head.size,
            columns=places[name],
        )
    rows = sum(of.start[split].size for of in wholes.values() for split in SPLITS)
    within = sum(count**2 for count in counts.values())
    return Kernel(blocks, size, flops=2.0 * size * (rows * float(edges[-1]) + within))


def _whole(parts: Sequence[TaskPass]) -> TaskPass:
    """Readouts and what heads read, all parts of the training examples together; no gradients."""

    def of(kind: str) -> dict[str, NDArray[np.float32]]:
        found = dict(getattr(parts[0], kind))
        if "train" in found:
            found["train"] = np.concatenate([getattr(part, kind)["train"] for part in parts])
        return found

    return TaskPass(of("start"), {}, of("inputs"), of("slopes"), parts[0].cost)


def _products(
    looks: Mapping[str, Sequence[TaskPass]],
    counts: Mapping[str, int],
    places: Mapping[str, slice],
    scale: NDArray[np.float64],
    *,
    device: torch.device,
) -> tuple[dict[str, dict[str, Tensor]], dict[str, Tensor]]:
    """Every task's kernel by split, and the inner products of its own training readouts.

    Args:
        counts: Training readouts by task.
        places: Where they stand among all.
        scale: ``p``, shape ``(d,)``.
    """
    total = sum(counts.values())
    shared = {
        name: {
            split: torch.zeros(counts[name] if split == "train" else parts[0].start[split].size, total, device=device)
            for split in SPLITS
        }
        for name, parts in looks.items()
    }
    gram = {name: torch.zeros(count, count, device=device) for name, count in counts.items()}
    columns_of = [_columns(looks, places, part) for part in range(len(next(iter(looks.values()))))]
    for first in range(0, len(scale), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        root = torch.from_numpy(np.sqrt(scale[some]).astype(np.float32)).to(device)
        own = {
            name: torch.cat([_some(part.gradients["train"], some, device) for part in parts])
            for name, parts in looks.items()
        }
        columns = torch.cat(list(own.values())) * root
        for name, parts in looks.items():
            gram[name].addmm_(own[name], own[name].T)
            shared[name]["train"].addmm_(own[name] * root, columns.T)
            for part, at in zip(parts, columns_of, strict=True):
                for split in SPLITS[1:]:
                    shared[name][split][:, at] += (_some(part.gradients[split], some, device) * root) @ columns[at].T
    return shared, gram


def _columns(looks: Mapping[str, Sequence[TaskPass]], places: Mapping[str, slice], part: int) -> NDArray[np.int64]:
    """Where the training readouts of all tasks' ``part`` stand among all."""
    found = []
    for name, parts in looks.items():
        before = sum(of.start["train"].size for of in parts[:part])
        found.append(places[name].start + before + np.arange(parts[part].start["train"].size))
    return np.concatenate(found)


def _some(gradients: NDArray[np.float32], weights: slice, device: torch.device) -> Tensor:
    """Gradients by some of the weights, one row per readout."""
    some = np.ascontiguousarray(gradients[:, :, weights])
    return torch.from_numpy(some.reshape(-1, some.shape[2])).to(device)


def mean_square(
    gradients: Sequence[NDArray[np.float32]], readouts: NDArray[np.float32], loss: ReadoutLoss, *, batch_size: int
) -> NDArray[np.float64]:
    """Mean square of a task's batch gradients by weight, shape ``(d,)``.

    Args:
        gradients: Of readouts, in parts that follow each other, shape ``(n, R, d)`` each, ``N`` examples in all.
        readouts: Shape ``(N, R)``.
    """
    slopes = loss.slope(torch.from_numpy(readouts)).numpy() / readouts.shape[1]
    edges = np.cumsum([0, *map(len, gradients)])
    size = gradients[0].shape[2]
    found = np.empty(size)
    for first in range(0, size, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        own = np.concatenate(
            [
                np.einsum("nr,nrd->nd", slopes[edges[k] : edges[k + 1]], part[:, :, some])
                for k, part in enumerate(gradients)
            ]
        )
        found[some] = own.mean(axis=0, dtype=np.float64) ** 2 + own.var(axis=0, dtype=np.float64) / batch_size
    return found


def _inverse_root(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squares in units of their mean to the power of -1/2; small ones count as :data:`FLOOR`."""
    found: NDArray[np.float64] = (squares / max(squares.mean(), TINY) + FLOOR) ** -0.5
    return found


@dataclass(frozen=True, eq=False)
class _Head:
    own: Mapping[str, Tensor]
    gram: Tensor | None
    size: int


def _head(of: TaskPass, loss: ReadoutLoss, *, batch_size: int, device: torch.device) -> _Head:
    """The head's kernel, with its own scaling."""
    if "train" not in of.inputs:
        return _Head({}, None, 0)
    gradients = _head_gradients(of.slopes["train"], of.inputs["train"])
    scale = _inverse_root(mean_square([gradients], of.start["train"], loss, batch_size=batch_size))
    columns = torch.from_numpy(gradients.reshape(-1, gradients.shape[2])).to(device)
    scaled = columns * torch.from_numpy(scale.astype(np.float32)).to(device)
    own = {}
    for split in SPLITS:
        rows = gradients if split == "train" else _head_gradients(of.slopes[split], of.inputs[split])
        own[split] = torch.from_numpy(rows.reshape(-1, rows.shape[2])).to(device) @ scaled.T
    return _Head(own, columns @ columns.T, gradients.shape[2])


def _head_gradients(slopes: NDArray[np.float32], inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gradients of readouts with respect to a linear head, shape ``(N, R, C * h)``."""
    found = np.einsum("nrc,nh->nrch", slopes, inputs)
    return np.ascontiguousarray(found.reshape(*slopes.shape[:2], -1))


def _flat(values: NDArray[np.float32], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values).reshape(-1)).to(device)
