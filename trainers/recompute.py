"""Activation checkpointing: a layer's activations are computed again in the backward pass, not kept until then.

`transformers` does so in training mode only, in which the frozen base model's own dropout would be on.

Source: Chen et al., 2016, https://arxiv.org/abs/1604.06174, as `torch.utils.checkpoint` has it.
"""

from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from trainers.backbone import Backbone
from trainers.cut import PassStates


def recompute(backbone: Backbone) -> None:
    """Lets every layer that is left of the base model be computed again in the backward pass."""
    for layer in backbone.layers:
        if not isinstance(layer, PassStates):
            _wrap(layer)


def recomputed_no_more(backbone: Backbone) -> None:
    """Takes that back, on a copy whose layers would otherwise compute those of the original."""
    for layer in backbone.layers:
        vars(layer).pop("forward", None)


def _wrap(layer: nn.Module) -> None:
    plain = layer.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return plain(*args, **kwargs)
        return checkpoint(plain, *args, use_reentrant=False, **kwargs)

    layer.forward = forward
