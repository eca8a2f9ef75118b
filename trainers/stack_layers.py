r"""Several LoRA adapters on one base model: every row of a batch passes the adapter of its own run.

The rows of a batch are segments, one per run. The frozen layer computes all of them at once, and segment :math:`k` gets
:math:`s_k B_k A_k x` of its own adapter, by one matrix product per segment, or one batched product where segments are
of equal shape.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.adapters.peft_adapter import draw_rows
from trainers.mixing import seeded


@dataclass(frozen=True, eq=False)
class OwnWeights:
    """One run's adapter weights.

    Args:
        pairs: ``A``, shape ``(r, in)``, and ``B``, shape ``(out, r)``, of every adapted layer, in the model's order.
        scale: Factor of the update.
    """

    pairs: Sequence[tuple[nn.Parameter, nn.Parameter]]
    scale: float


class Routing:
    """Which adapter each row of the next forward passes has."""

    def __init__(self) -> None:
        self._adapters: Sequence[OwnWeights] = ()
        self._rows: Sequence[int] | None = None

    def send(self, adapters: Sequence[OwnWeights], *, rows: Sequence[int] | None = None) -> None:
        """Rows go to the adapters in their order: ``rows`` to each, or an equal share of any batch."""
        self._adapters, self._rows = adapters, rows

    def segments(self, count: int) -> list[tuple[OwnWeights, int]]:
        """Adapters and their rows in a batch of ``count`` rows.

        Raises:
            ValueError: If the rows that were sent are others.
        """
        shares = self._rows or [count // max(1, len(self._adapters))] * len(self._adapters)
        if sum(shares) != count:
            raise ValueError(f"Expected {sum(shares)} rows for {len(self._adapters)} adapters, but got {count}.")
        return list(zip(self._adapters, shares, strict=True))


class StackedLinear(nn.Module):
    """A frozen linear layer with the adapter of each row's run.

    Args:
        base: The frozen layer.
        index: Which pair of each adapter belongs to it.
        routing: Shared by all layers of a model.
    """

    def __init__(self, base: nn.Module, index: int, routing: Routing) -> None:
        super().__init__()
        self.base, self.index, self.routing = base, index, routing

    def forward(self, inputs: Tensor) -> Tensor:
        """Shape ``(B, ..., in)`` to ``(B, ..., out)``."""
        frozen = self.base(inputs)
        segments = self.routing.segments(len(inputs))
        rows = [count for _, count in segments]
        pairs = [adapter.pairs[self.index] for adapter, _ in segments]
        scales = [adapter.scale for adapter, _ in segments]
        if len(segments) == 1:
            return _updated(frozen, inputs, *pairs[0], scales[0])
        if len({*zip(rows, (len(down) for down, _ in pairs), scales, strict=True)}) == 1:
            return _all_updated(frozen, inputs, pairs, scales[0])
        parts = zip(frozen.split(rows), inputs.split(rows), pairs, scales, strict=True)
        return torch.cat([_updated(part, own, down, up, scale) for part, own, (down, up), scale in parts])


def _updated(frozen: Tensor, inputs: Tensor, down: Tensor, up: Tensor, scale: float) -> Tensor:
    """One adapter on all rows."""
    narrow = functional.linear(inputs, down) * scale  # shape: (B, ..., r)
    return torch.addmm(frozen.flatten(0, -2), narrow.flatten(0, -2), up.t()).view_as(frozen)


def _all_updated(
    frozen: Tensor, inputs: Tensor, pairs: Sequence[tuple[nn.Parameter, nn.Parameter]], scale: float
) -> Tensor:
    """``K`` adapters of equal rank and scale on as many rows each."""
    down, up = (torch.stack(side) for side in zip(*pairs, strict=True))  # shapes: (K, r, in) and (K, out, r)
    narrow = torch.bmm(inputs.reshape(len(pairs), -1, inputs.shape[-1]), down.mT) * scale
    wide = frozen.reshape(len(pairs), -1, frozen.shape[-1])
    return torch.baddbmm(wide, narrow, up.mT).view_as(frozen)


@contextmanager
def stacked_layers(model: nn.Module, routing: Routing) -> Iterator[None]:
    """Within it, the adapted layers of a PEFT model take their weights from ``routing``."""
    from peft.tuners.lora import LoraLayer

    layers = {name: module for name, module in model.named_modules() if isinstance(module, LoraLayer)}
    try:
        for index, (name, layer) in enumerate(layers.items()):
            model.set_submodule(name, StackedLinear(layer.get_base_layer(), index, routing))
        yield
    finally:
        for name, layer in layers.items():
            model.set_submodule(name, layer)  # type: ignore[arg-type]  # PEFT's layers are modules by a second base


def draw_adapter(
    model: nn.Module, *, seed: int, rank: int, by_rows: bool = False
) -> list[tuple[nn.Parameter, nn.Parameter]]:
    """Initial weights of every adapted layer: those of :meth:`trainers.adapters.Adapter.reset`, at any rank.

    Args:
        by_rows: Whether adapters of other ranks begin with the same rows.

    Returns:
        Pairs as in :class:`OwnWeights`, of the number type and on the device of the model's own adapter.
    """
    from peft.tuners.lora import LoraLayer

    pairs: list[tuple[nn.Parameter, nn.Parameter]] = []
    layers = [module for module in model.modules() if isinstance(module, LoraLayer)]
    own = [_default_pair(layer) for layer in layers]
    devices = {down.device for down, _ in own if down.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)):
        torch.manual_seed(int(seeded("adapter", seed).integers(2**62)))
        for down, up in own:
            drawn = down.new_empty(rank, down.shape[1])
            if not by_rows:
                nn.init.kaiming_uniform_(drawn, a=math.sqrt(5))
            pairs.append((nn.Parameter(drawn), nn.Parameter(up.new_zeros(up.shape[0], rank))))
        if by_rows:
            draw_rows([down for down, _ in pairs])
    return pairs


def _default_pair(layer: Any) -> tuple[Tensor, Tensor]:
    return layer.lora_A["default"].weight, layer.lora_B["default"].weight
