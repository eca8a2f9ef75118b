"""The base model's own map from states to tokens, for tasks that complete a prompt: frozen, and shared by them all."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from tasks.errors import InputError
from trainers.checkpoint import Checkpoint
from trainers.quiet import quiet


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
            f"this checkpoint has no weights `{min(told['missing_keys'])}`, which tasks of kind text need; use one "
            "of a whole causal language model",
            place=f"base_model: {checkpoint.name}",
        )
    return model
