r"""A small LoRA of each task beside the shared one: :math:`W x + s B A x + s B_t A_t x` for task :math:`t`.

A batch holds one task, so one private part is computed at a time. Sum and concatenation are the same,

.. math:: s B A + s B_t A_t = s\,[B, B_t]\,[A; A_t],

so that what serves a task is one LoRA of the summed rank and the same scale.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.adapters.peft_adapter import PeftAdapter
from trainers.mixing import seeded

PRIVATE = "private."
"""Prefix of private weights in a result: ``private.<task>.<name of the shared weight>``."""
Pair = tuple[nn.Parameter, nn.Parameter]
"""``A``, shape ``(p, in)``, and ``B``, shape ``(out, p)``."""


class PrivateLayers:
    """Private factors of some tasks on every layer that an adapter adapts.

    Args:
        adapter: The shared LoRA; it is not changed, and computes alone unless :meth:`attached`.
        tasks: Names of the tasks; their order does not matter.
        rank: Of every private part, 0 or more.
        scale: Factor of the product of both factors: the shared one's.
    """

    def __init__(self, adapter: PeftAdapter, tasks: Sequence[str], *, rank: int, scale: float) -> None:
        from peft.tuners.lora import LoraLayer

        found: dict[str, Any] = {
            name: layer for name, layer in adapter.peft.named_modules() if isinstance(layer, LoraLayer)
        }
        self.layers, self.scale, self.rank = found, scale, rank
        self.task: str | None = None
        self.pairs: dict[str, list[Pair]] = {task: [self._empty(of) for of in found.values()] for task in sorted(tasks)}

    def _empty(self, layer: Any) -> Pair:
        down, up = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        return (
            nn.Parameter(down.new_zeros(self.rank, down.shape[1])),
            nn.Parameter(up.new_zeros(up.shape[0], self.rank)),
        )

    @torch.no_grad()
    def reset(self, *, seed: int) -> None:
        """Draws ``A`` as LoRA's from the seed and the task's name alone, and sets ``B`` to 0: training starts at the
        shared adapter."""
        for task, pairs in self.pairs.items():
            generator = torch.Generator().manual_seed(int(seeded("private", seed, task).integers(2**62)))
            for down, up in pairs:
                if self.rank:
                    drawn = torch.empty(down.shape)
                    nn.init.kaiming_uniform_(drawn, a=math.sqrt(5), generator=generator)
                    down.copy_(drawn)
                up.zero_()

    def parameters(self, task: str) -> list[nn.Parameter]:
        """Trained weights of one task, layer by layer."""
        return [of for pair in self.pairs[task] for of in pair] if self.rank else []

    def weights(self) -> dict[str, Tensor]:
        """All private weights by the names that a result has."""
        return {
            f"{PRIVATE}{task}.{name}.lora_{side}.weight": of.detach()
            for task, pairs in self.pairs.items()
            for name, pair in zip(self.layers, pairs, strict=True)
            for side, of in zip("AB", pair, strict=True)
        }

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Within it, the adapted layers add the private part of :attr:`task`; of None, nothing."""
        handles = [layer.register_forward_hook(self._hook(index)) for index, layer in enumerate(self.layers.values())]
        try:
            yield
        finally:
            self.task = None
            for handle in handles:
                handle.remove()

    def _hook(self, index: int) -> Any:
        def add(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            if self.task is None or not self.rank:
                return output
            down, up = self.pairs[self.task][index]
            dropped = layer.lora_dropout["default"](inputs[0].to(down.dtype))
            update = functional.linear(functional.linear(dropped, down), up) * self.scale
            return output + update.to(output.dtype)

        return add


def is_private(weights: Mapping[str, object]) -> bool:
    """Whether a result's weights hold private parts."""
    return any(name.startswith(PRIVATE) for name in weights)


def joined_weights(weights: Mapping[str, Tensor], task: str) -> dict[str, Tensor]:
    """The shared and a task's private factors as those of one LoRA of the summed rank and the same scale.

    Args:
        weights: Of a result, heads aside.

    Raises:
        ValueError: If the task has no private part.
    """
    own = f"{PRIVATE}{task}."
    if not any(name.startswith(own) for name in weights):
        raise ValueError(f"Expected a private part of {task}, but there is none.")
    shared = {name: of for name, of in weights.items() if not name.startswith(PRIVATE)}
    return {
        name: torch.cat([of, weights[own + name]], dim=0 if ".lora_A." in name else 1) for name, of in shared.items()
    }
