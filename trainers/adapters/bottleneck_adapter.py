"""Small networks that bridge two modules of a layer: serial and parallel adapters."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from trainers.adapters.adapter import OnBase

if TYPE_CHECKING:
    from trainers.backbone import Backbone

CONFIG, WEIGHTS = "bottleneck_config.json", "bottleneck.safetensors"
"""Names of the files; vanilla PEFT does not read them."""


class Bottleneck(nn.Module):
    r"""Adds :math:`s\,U\,\mathrm{relu}(D x + d) + s\,u` to what a module puts out.

    Args:
        hidden: Width ``H`` of the states.
        width: Width of the bottleneck.
        scale: The factor ``s``.
    """

    def __init__(self, hidden: int, *, width: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.down, self.up = nn.Linear(hidden, width), nn.Linear(width, hidden)
        self.on, self._entered = True, torch.zeros(())

    def forward(self, states: Tensor) -> Tensor:
        update: Tensor = self.up(functional.relu(self.down(states.to(self.down.weight.dtype)))) * self.scale
        return update

    def enter(self, _module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Before the first module: its input is this network's."""
        self._entered = inputs[0]

    def leave(self, _module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """After the last module: a parallel network adds its part."""
        if not self.on:
            return output
        return output + self.forward(self._entered).to(output.dtype)

    def follow(self, _module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """After the module that a serial network follows."""
        if not self.on:
            return output
        return output + self.forward(output).to(output.dtype)


class BottleneckAdapter(OnBase):
    """The base model with small networks in its layers.

    Args:
        backbone: The base model; hooks are set on its layers.
        bridges: Paths within a layer of the modules before and after a network; equal for a serial one.
        lowest: Lowest layer that has them.
        width: Of the bottlenecks.
        scale: Of what they add.
        serial: Whether they read what leaves the second module, not what enters the first.
    """

    def __init__(
        self,
        backbone: "Backbone",
        bridges: Sequence[tuple[str, str]],
        *,
        lowest: int,
        width: int,
        scale: float,
        serial: bool,
    ) -> None:
        super().__init__(backbone.model)
        self.described = {
            "schema": 1,
            "name": "serial" if serial else "parallel",
            "bottleneck": width,
            "scale": scale,
            "layers": list(range(lowest, backbone.depth)),
            "modules": [list(bridge) for bridge in bridges],
        }
        self.networks = nn.ModuleDict()
        for index in range(lowest, backbone.depth):
            for number, (first, last) in enumerate(bridges):
                network = Bottleneck(backbone.hidden, width=width, scale=scale).to(backbone.device)
                layer = backbone.layers[index]
                if serial:
                    layer.get_submodule(last).register_forward_hook(network.follow)
                else:
                    layer.get_submodule(first).register_forward_pre_hook(network.enter)
                    layer.get_submodule(last).register_forward_hook(network.leave)
                self.networks[f"{index}_{number}"] = network

    @torch.no_grad()
    def redraw(self) -> None:
        for network in self._each():
            drawn = torch.empty(network.down.weight.shape)
            nn.init.kaiming_uniform_(drawn, a=math.sqrt(5))
            network.down.weight.copy_(drawn)
            for zero in (network.down.bias, network.up.weight, network.up.bias):
                zero.zero_()

    def weights(self) -> dict[str, Tensor]:
        return self.networks.state_dict()

    def load(self, weights: Mapping[str, Tensor]) -> None:
        self.networks.load_state_dict(dict(weights))

    @contextmanager
    def off(self) -> Iterator[None]:
        for network in self._each():
            network.on = False
        try:
            yield
        finally:
            for network in self._each():
                network.on = True

    def save(self, folder: Path, weights: Mapping[str, Tensor], *, base: str) -> None:
        described = {**self.described, "base_model": base}
        (folder / CONFIG).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
        save_file({name: value.contiguous() for name, value in weights.items()}, folder / WEIGHTS, {"format": "pt"})

    def read(self, folder: Path) -> dict[str, Tensor]:
        return load_file(folder / WEIGHTS)

    def _each(self) -> Iterator[Bottleneck]:
        for network in self.networks.values():
            assert isinstance(network, Bottleneck)
            yield network
