"""The base model's own map from states to tokens, for tasks that complete a prompt: frozen, and shared by them all."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from tasks.errors import InputError
from trainers.checkpoint import Checkpoint
from trainers.losses import span_means
from trainers.quiet import quiet

AT_ONCE = 512
"""Tokens whose scores are held together."""


class LanguageHead(nn.Module):
    """Scores of all tokens of the vocabulary from last hidden states, after the model's final norm.

    It has no parameters of its own: nothing of it is trained, counted or saved. Where the base model ties the map
    to its input embeddings and full fine-tuning trains those, it follows them.

    Args:
        output: The base model's last linear map, ``H`` to ``V``.
    """

    def __init__(self, output: nn.Linear) -> None:
        super().__init__()
        self._map = (output.weight, output.bias)  # in a tuple, which makes no parameters of this module of them

    def forward(self, states: Tensor) -> Tensor:
        """Scores in fp32, shape ``(P, V)``, of states ``(P, H)``."""
        weight, bias = self._map
        return functional.linear(states.to(weight.dtype), weight, bias).float()


def token_losses(head: nn.Module, states: Tensor, right: Tensor) -> Tensor:
    """Cross-entropies of tokens, shape ``(P,)``, from states ``(P, H)`` and the right tokens ``(P,)``.

    Scores of a large vocabulary take far more memory than states: beyond :data:`AT_ONCE` tokens they are computed in
    parts, and again in the backward pass.
    """
    if len(states) <= AT_ONCE:
        return _losses(head, states, right)
    parts = zip(states.split(AT_ONCE), right.split(AT_ONCE), strict=True)
    found: list[Tensor] = [checkpoint(_losses, head, part, own, use_reentrant=False) for part, own in parts]
    return torch.cat(found)


def completion_losses(head: nn.Module, states: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of every text's completion, shape ``(B,)``.

    Args:
        states: Of all tokens that are read, text after text, shape ``(P, H)``.
        targets: Shape ``(B, U)``, -1 behind a completion's tokens.
    """
    return span_means(token_losses(head, states, targets[targets >= 0].long()), targets)


def _losses(head: nn.Module, states: Tensor, right: Tensor) -> Tensor:
    return functional.cross_entropy(head(states), right, reduction="none")


def load_causal(checkpoint: Checkpoint, **settings: Any) -> Any:
    """The causal language model of a checkpoint.

    Args:
        settings: Of ``from_pretrained``.

    Raises:
        InputError: If the checkpoint lacks the map to tokens.
    """
    from transformers import AutoModelForCausalLM

    with quiet():
        found: Any = AutoModelForCausalLM.from_pretrained(
            checkpoint.location, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **settings
        )
    model, told = found
    if told["missing_keys"]:
        raise InputError(
            f"this checkpoint has no weights `{min(told['missing_keys'])}`, without which nothing "
            "is written; use one of a whole causal language model",
            place=f"base_model: {checkpoint.name}",
        )
    return model
