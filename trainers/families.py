"""Families of base models: where their layers are, what is adapted, and how tokens become one vector."""

from dataclasses import dataclass
from typing import Literal

from tasks.errors import InputError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Family:
    """What the trainer must know of an architecture."""

    layers: str
    """Path from the base model to its list of layers."""
    embeddings: str | None
    """Path to the module that still transforms given input embeddings, and so must be bypassed when the lower layers'
    output is fed in; None where given embeddings enter the first layer as they are."""
    pooling: Literal["mean", "last"]
    """`mean` over the text's tokens (encoders), or the state of its `last` token (causal decoders)."""
    targets: tuple[str, ...]
    """Linear layers that LoRA adapts by default: queries and values, as PEFT has it."""


_BERT = Family(layers="encoder.layer", embeddings="embeddings", pooling="mean", targets=("query", "value"))
_DECODER = Family(
    layers="layers",
    embeddings=None,
    pooling="last",
    targets=("q_proj", "v_proj"),
)

FAMILIES: dict[str, Family] = {
    "bert": _BERT,
    "roberta": _BERT,
    "modernbert": Family(layers="layers", embeddings="embeddings", pooling="mean", targets=("Wqkv",)),
    "llama": _DECODER,
    "mistral": _DECODER,
    "qwen2": _DECODER,
    "qwen3": _DECODER,
}
"""By `model_type` of the checkpoint's configuration."""


def family_of(model_type: str) -> Family:
    """The family of a `model_type`.

    Raises:
        InputError: If the architecture is none of :data:`FAMILIES`.
    """
    if model_type not in FAMILIES:
        known = ", ".join(f"`{name}`" for name in FAMILIES)
        raise InputError(
            f"no trainer for the architecture `{model_type}`; expected one of {known}"
            f"{did_you_mean(model_type, FAMILIES)}",
            place="base_model",
        )
    return FAMILIES[model_type]
