"""What enters and leaves the adapter's layers in forward passes, with its graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from peft.tuners.lora import LoraLayer
from torch import Tensor, nn


@dataclass(eq=False)
class LayerTaps:
    """Tensors by layer, one per forward pass since :meth:`clear`, shape ``(B, L, width)`` each.

    Args:
        inputs: What entered ``A``.
        outputs: What left ``B``.
    """

    inputs: dict[str, list[Tensor]] = field(default_factory=dict)
    outputs: dict[str, list[Tensor]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets what was seen."""
        for seen in (*self.inputs.values(), *self.outputs.values()):
            seen.clear()

    @property
    def flat(self) -> list[Tensor]:
        """All that left, layer by layer."""
        return [of for calls in self.outputs.values() for of in calls]


@contextmanager
def tapped(adapter: nn.Module) -> Iterator[LayerTaps]:
    """Listens within the block."""
    taps, handles = LayerTaps(), []
    for name, module in adapter.named_modules():
        if isinstance(module, LoraLayer):
            into, out = taps.inputs.setdefault(name, []), taps.outputs.setdefault(name, [])
            down, up = module.lora_A["default"], module.lora_B["default"]
            handles.append(down.register_forward_hook(lambda _m, given, _o, into=into: into.append(given[0])))
            handles.append(up.register_forward_hook(lambda _m, _given, of, out=out: out.append(of)))
    try:
        yield taps
    finally:
        for handle in handles:
            handle.remove()
