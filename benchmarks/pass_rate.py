r"""How fast the gradient pass computes, beside the machine's matrix products.

A position (a token, padding included) that passes linear maps of ``N`` weights forward takes ``2 N`` operations, and
``2 N_b`` backward for each readout, with ``N_b`` the weights of those maps whose input has a gradient: nothing is
computed below the lowest adapter, and no gradient of a frozen weight is. Attention takes ``4 L H`` per position and
layer forward (scores and mixing, ``L`` positions in the text) and twice that backward per readout. Heads, per-example
products, normalisation and activations are not counted, though their time is.

Two figures: ``positions`` counts what is computed, ``tokens`` counts texts as if none were padded. ``model`` counts the
former as the cost model does: ``4 N`` for one readout, and no attention.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affinity.example_gradients import POSITIONS, example_gradients
from affinity.gradient_pass import load_weights
from affinity.splits import SPLITS
from affinity.starting_point import StartingPoint, starting_point
from trainers.bench import Bench
from trainers.fitted_heads import fitted_heads

SQUARES = (1024, 1536, 2048)
"""Sides of the square matrices whose products give the peak."""
TRIES = 2
"""Products of one shape at each look; the fastest counts."""


@dataclass(frozen=True)
class Maps:
    """Weights of the linear maps that a position passes.

    Args:
        forward: Of all maps.
        backward: Of those whose input has a gradient.
        shapes: Inputs and outputs of the frozen ones.
    """

    forward: int
    backward: int
    shapes: frozenset[tuple[int, int]]


def maps_of(bench: Bench) -> Maps:
    """What one text passes."""
    seen: list[tuple[nn.Linear, bool]] = []
    handles = [
        module.register_forward_hook(lambda layer, inputs, _output: seen.append((layer, inputs[0].requires_grad)))
        for module in bench.adapter.modules()
        if isinstance(module, nn.Linear)
    ]
    name = next(iter(bench.tasks))
    try:
        bench.features(bench.inputs(name, "train", 0).batch(np.arange(1), bench.device))
    finally:
        for handle in handles:
            handle.remove()
    return Maps(
        forward=sum(layer.weight.numel() for layer, _ in seen),
        backward=sum(layer.weight.numel() for layer, slope in seen if slope),
        shapes=frozenset(
            (layer.in_features, layer.out_features) for layer, _ in seen if not layer.weight.requires_grad
        ),
    )


@dataclass(frozen=True)
class Work:
    """Operations of one pass; see the module.

    Args:
        positions: Of all positions computed.
        tokens: Of the tokens among them.
        model: By the cost model: ``2 N`` per position forward, and ``2 N`` backward for each readout.
    """

    positions: float
    tokens: float
    model: float

    def __add__(self, other: "Work") -> "Work":
        return Work(self.positions + other.positions, self.tokens + other.tokens, self.model + other.model)


@dataclass(eq=False)
class Counter:
    """Counts the operations of forward passes, and of as many backward passes as there are readouts."""

    maps: Maps
    layers: int
    hidden: int
    masks: list[Tensor] = field(default_factory=list)

    def work(self, readouts: int) -> Work:
        """Of the passes so far."""
        positions = float(sum(mask.numel() for mask in self.masks))
        padded = float(sum(len(mask) * mask.shape[1] ** 2 for mask in self.masks))
        lengths = torch.cat([mask.sum(1) for mask in self.masks]).double()
        return Work(
            positions=self._flops(positions, padded, readouts),
            tokens=self._flops(float(lengths.sum()), float(lengths.square().sum()), readouts),
            model=2.0 * (1 + readouts) * self.maps.forward * positions,
        )

    def _flops(self, positions: float, squares: float, readouts: int) -> float:
        linear = 2.0 * positions * (self.maps.forward + readouts * self.maps.backward)
        return linear + 4.0 * squares * self.hidden * self.layers * (1 + 2 * readouts)


@contextmanager
def counted(bench: Bench, maps: Maps) -> Iterator[Counter]:
    """Counts the forward passes within it."""
    counter = Counter(maps, bench.backbone.depth - bench.lowest, bench.backbone.hidden)

    def look(_module: nn.Module, _args: tuple[Any, ...], given: dict[str, Any]) -> None:
        counter.masks.append(given["attention_mask"])

    handle = bench.adapter.register_forward_pre_hook(look, with_kwargs=True)
    try:
        yield counter
    finally:
        handle.remove()


def product_rate(rows: int, inner: int, columns: int) -> float:
    """Operations per second of a matrix product in fp32, the fastest of several."""
    left, right, found = torch.randn(rows, inner), torch.randn(inner, columns), 0.0
    for _ in range(TRIES):
        start = time.perf_counter()
        torch.mm(left, right)
        found = max(found, 2.0 * rows * inner * columns / (time.perf_counter() - start))
    return found


def pass_rates(bench: Bench, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
    """Operations per second of one gradient pass over all tasks, and of matrix products looked at before each task.

    Args:
        weights: Of an anchor.

    Returns:
        ``positions``, ``tokens`` and ``model`` as :class:`Work` has them; ``squares`` and ``shapes`` are the fastest of
        square products and of products in the model's own shapes.
    """
    load_weights(bench, weights)
    maps, seconds, done = maps_of(bench), 0.0, Work(0.0, 0.0, 0.0)
    squares, shapes = [], []
    for task in bench.tasks:
        squares += [product_rate(side, side, side) for side in SQUARES]
        shapes += [product_rate(POSITIONS, *shape) for shape in maps.shapes]
        start = starting_point(bench, task)
        for split in SPLITS:
            took, work = _timed(bench, task, split, maps, start)
            seconds, done = seconds + took, done + work
    rates = {name: value / seconds for name, value in asdict(done).items()}
    return {**rates, "squares": max(squares), "shapes": max(shapes)}


def _timed(bench: Bench, task: str, split: str, maps: Maps, start: StartingPoint) -> tuple[float, Work]:
    """Seconds and operations of the gradients of a split's examples."""
    head, rows = fitted_heads(bench, task).whole, np.arange(len(bench.tasks[task].splits[split]))
    with counted(bench, maps) as counter:
        began = time.perf_counter()
        found = example_gradients(bench, task, split, head, rows, candidates=start.candidates.get(split))
        seconds = time.perf_counter() - began
    return seconds, counter.work(found.readouts.shape[1])
