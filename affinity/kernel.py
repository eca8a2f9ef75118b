r"""How a step on one training example moves the readouts of all examples.

Adam moves weight :math:`j` by its gradient over :math:`\sqrt{v_j}`, the root of the mean square of batch gradients.
With :math:`g_i` an example's gradient, a step on example :math:`k` moves the readout of example :math:`i` in proportion
to

.. math:: K_{ik} = \sum_j p_j\, g_{ij}\, g_{kj}, \qquad p_j = (v_j / \bar v)^{-1/2},

with one :math:`p` for all tasks, :math:`\bar v` the mean of :math:`v`; what is left of Adam's scaling, one number for
each group and time, follows from the gradients' sizes. A task's head adds a kernel of its own among the task's
examples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affinity.gradient_pass import TaskPass
from affinity.mapped import FP32, IN_MEMORY, zeros
from affinity.readouts import ReadoutLoss
from affinity.splits import SPLITS
from trainers.interruption import check

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
        examples: Training examples that were looked at.
        stands: How many of the task's each of them stands for.
        rows: Which examples were looked at, by split.
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
    stands: float
    rows: Mapping[str, NDArray[np.int64]]
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
    looks: Mapping[str, TaskPass],
    losses: Mapping[str, ReadoutLoss],
    *,
    batch_size: int,
    device: torch.device,
    folder: Path | None = None,
) -> Kernel:
    """The kernel of tasks that were looked at from one anchor.

    Args:
        looks: By task.
        batch_size: Examples per step, whose mean gradient Adam squares.
        device: Where the products are computed; they are kept there in fp32.
        folder: Where they are kept if they are large and the device is a CPU; None keeps them in memory.
    """
    counts = {name: of.start["train"].size for name, of in looks.items()}
    edges = np.cumsum([0, *counts.values()])
    places = {name: slice(int(edges[i]), int(edges[i + 1])) for i, name in enumerate(looks)}
    squares = [
        mean_square(of.gradients["train"], of.start["train"], losses[name], batch_size=batch_size)
        for name, of in looks.items()
    ]
    size = len(squares[0])
    scale = _inverse_root(np.mean([of / max(of.mean(), TINY) for of in squares], axis=0))
    shared, gram = _products(looks, counts, scale, device=device, folder=folder)
    blocks = {}
    for name, of in looks.items():
        head = _head(of, losses[name], batch_size=batch_size, device=device)
        blocks[name] = Block(
            loss=losses[name],
            repeats=of.start["train"].shape[1],
            examples=len(of.start["train"]),
            stands=of.examples / len(of.start["train"]),
            rows=of.rows,
            start={split: _flat(of.start[split], device) for split in SPLITS},
            shared=shared[name],
            own=head.own,
            gram=gram[name],
            own_gram=head.gram,
            own_size=head.size,
            columns=places[name],
        )
    rows = sum(of.start[split].size for of in looks.values() for split in SPLITS)
    within = sum(count**2 for count in counts.values())
    return Kernel(blocks, size, flops=2.0 * size * (rows * float(edges[-1]) + within))


def _products(
    looks: Mapping[str, TaskPass],
    counts: Mapping[str, int],
    scale: NDArray[np.float64],
    *,
    device: torch.device,
    folder: Path | None,
) -> tuple[dict[str, dict[str, Tensor]], dict[str, Tensor]]:
    """Every task's kernel by split, and the inner products of its own training readouts.

    Args:
        counts: Training readouts by task.
        scale: ``p``, shape ``(d,)``.
    """
    total = sum(counts.values())
    sizes = {(name, split): of.start[split].size for name, of in looks.items() for split in SPLITS}
    whole = zeros(sum(sizes.values()), total, at=device, folder=folder, what="products of gradients")
    parts = dict(zip(sizes, whole.split(list(sizes.values())), strict=True))
    shared = {name: {split: parts[name, split] for split in SPLITS} for name in looks}
    gram = {name: torch.zeros(count, count, device=device) for name, count in counts.items()}
    for names in _blocks(shared):
        for first in range(0, len(scale), AT_ONCE):
            check()
            some = slice(first, first + AT_ONCE)
            root = torch.from_numpy(np.sqrt(scale[some]).astype(np.float32)).to(device)
            own = {name: _some(of.gradients["train"], some, device) for name, of in looks.items()}
            columns = torch.cat(list(own.values())) * root
            for name in names:
                gram[name].addmm_(own[name], own[name].T)
                shared[name]["train"].addmm_(own[name] * root, columns.T)
                for split in SPLITS[1:]:
                    shared[name][split].addmm_(_some(looks[name].gradients[split], some, device) * root, columns.T)
    return shared, gram


def _blocks(shared: Mapping[str, Mapping[str, Tensor]]) -> Iterator[list[str]]:
    """Tasks whose products stay in memory while they add up, in their order."""
    names: list[str] = []
    room = IN_MEMORY
    for name, of in shared.items():
        size = FP32 * sum(values.numel() for values in of.values())
        if names and size > room:
            yield names
            names, room = [], IN_MEMORY
        names.append(name)
        room -= size
    yield names


def _some(gradients: NDArray[np.float32], weights: slice, device: torch.device) -> Tensor:
    """Gradients by some of the weights, one row per readout."""
    some = np.ascontiguousarray(gradients[:, :, weights])
    return torch.from_numpy(some.reshape(-1, some.shape[2])).to(device)


def mean_square(
    gradients: NDArray[np.float32], readouts: NDArray[np.float32], loss: ReadoutLoss, *, batch_size: int
) -> NDArray[np.float64]:
    """Mean square of a task's batch gradients by weight, shape ``(d,)``.

    Args:
        gradients: Of readouts, shape ``(N, R, d)``.
        readouts: Shape ``(N, R)``.
    """
    slopes = loss.slope(torch.from_numpy(readouts)).numpy() / readouts.shape[1]
    size = gradients.shape[2]
    found = np.empty(size)
    for first in range(0, size, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        own = np.einsum("nr,nrd->nd", slopes, gradients[:, :, some])
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
    scale = _inverse_root(mean_square(gradients, of.start["train"], loss, batch_size=batch_size))
    columns = torch.from_numpy(gradients.reshape(-1, gradients.shape[2])).to(device)
    scaled = columns * torch.from_numpy(scale.astype(np.float32)).to(device)
    own = {}
    for split in SPLITS:
        rows = gradients if split == "train" else _head_gradients(of.slopes[split], of.inputs[split])
        own[split] = torch.from_numpy(rows.reshape(-1, rows.shape[2])).to(device) @ scaled.T
    return _Head(own, columns @ columns.T, gradients.shape[2])


def _head_gradients(slopes: NDArray[np.float32], inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gradients of readouts with respect to a linear head, shape ``(N, R, C * h)``."""
    found = np.einsum("nrc,nh->nrch" if inputs.ndim == 2 else "nrc,nrh->nrch", slopes, inputs)
    return np.ascontiguousarray(found.reshape(*slopes.shape[:2], -1))


def _flat(values: NDArray[np.float32], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values).reshape(-1)).to(device)
