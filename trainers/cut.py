"""A base model without its lower layers, whose work is done: it takes what enters the first one that is left."""

from typing import Any

import torch
from torch import Tensor, nn

from trainers.backbone import Backbone, has_module


class PassStates(nn.Module):
    """Stands for a lower layer whose work is done; keeps the plain attributes that the model asks layers for.

    Args:
        layer: What it stands for.
        returns: As :class:`trainers.families.Family` has it.
    """

    def __init__(self, layer: nn.Module, *, returns: int) -> None:
        super().__init__()
        plain = {name: value for name, value in vars(layer).items() if isinstance(value, str) and name[0] != "_"}
        vars(self).update(plain)
        self.returns = returns

    def forward(self, hidden_states: Tensor, *_args: Any, **_kwargs: Any) -> Any:
        return (hidden_states, *[None] * (self.returns - 1)) if self.returns else hidden_states


class _PassEmbeddings(nn.Module):
    """Stands for the embeddings when the lower layers' output is fed in."""

    def forward(self, *_args: Any, inputs_embeds: Tensor, **_kwargs: Any) -> Tensor:
        return inputs_embeds


class _NoPositions(nn.Module):
    """Stands for learned positions when the lower layers' output is fed in."""

    def forward(self, positions: Tensor) -> Tensor:
        return torch.zeros((), device=positions.device)


def cut_below(backbone: Backbone, lowest: int) -> None:
    """Drops everything below layer ``lowest``; the model then takes that layer's input as ``inputs_embeds``.

    Layers keep their numbers, so that adapter weights keep the names that PEFT gives them on the whole model. Nothing
    happens where ``lowest`` is 0.
    """
    if lowest == 0:
        return
    family, layers = backbone.family, backbone.layers
    path = family.first_holds
    holders = [index for index in range(lowest) if path is not None and has_module(layers[index], path)]
    if path is not None and holders:
        shared = layers[holders[0]].get_submodule(path)
        layers[lowest].set_submodule(path, shared)
        reader = layers[lowest].get_submodule(path.rpartition(".")[0])
        reader.has_relative_attention_bias = True  # type: ignore[assignment]  # a plain attribute of T5's
        backbone.lent.extend(shared.parameters())
    for index in range(lowest):
        layers[index] = PassStates(layers[index], returns=family.returns)
    if family.embeddings is not None:
        backbone.model.set_submodule(family.embeddings, _PassEmbeddings())
    if family.positions is not None:
        backbone.model.set_submodule(family.positions, _NoPositions())
    if family.beside_first is not None:
        holder, _, name = family.beside_first.rpartition(".")
        setattr(backbone.model.get_submodule(holder), name, None)
