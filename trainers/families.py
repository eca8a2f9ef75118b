"""Families of base models: where their layers are, what each method works on, and how tokens become one vector."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tasks.errors import InputError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Family:
    """What the trainer must know of an architecture. Paths within a layer are relative to it."""

    layers: str
    """Path from the base model to its list of layers."""
    pooling: Literal["mean", "last"]
    """`mean` over the text's tokens (encoders), or the state of its `last` token (causal decoders)."""
    targets: tuple[str, ...]
    """Linear layers that LoRA adapts by default: queries and values, as PEFT has it."""
    scaled: tuple[str, ...]
    """Paths within a layer whose outputs IA3 scales: keys and values, or the map that holds them."""
    narrowing: tuple[str, ...]
    """Paths within a layer of the feed-forward network's last linear map, whose inputs IA3 scales; those that a layer
    has."""
    attention_out: str
    """Path within a layer of the attention's last linear map; a serial adapter follows it."""
    feed_forward: tuple[str, str]
    """Paths within a layer of what the feed-forward network's input enters and of what its output leaves, before the
    residual is added; a parallel adapter bridges them, a serial one follows the second."""
    loader: str = "AutoModel"
    """Class of `transformers` that loads the base model."""
    embeddings: str | None = None
    """Path to the module that still transforms given input embeddings, and so must be bypassed when the lower layers'
    output is fed in; None where given embeddings enter the first layer as they are."""
    positions: str | None = None
    """Path to learned positions that the model itself adds to given embeddings."""
    table: Literal["from zero", "after padding"] | None = None
    """Where positions are learned: the rows of their table that a text takes, which bound its length."""
    beside_first: str | None = None
    """Path to what works beside the first layer, if the model has it: its work is in the lower layers' output."""
    first_holds: str | None = None
    """Path within the first layer to weights that it shares with all others."""
    returns: int = 0
    """Items of the tuple that a layer returns; 0 if it returns the states alone."""
    native_only: bool = False
    """Whether only its own classification head reads it."""
    generic: bool = False
    """Whether it was found by the model's structure (:mod:`trainers.generic`); its layers are then never taken apart,
    and a self-check comes before training."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Methods that do not work on it, each with the reason and what to use."""


_NO_PREFIX = {
    "prefix": "its attention takes no keys and values from before the text; use `prompt`, or `lora`, which do work"
}
_BOTH_STACKS = "only linear maps of a name, or all weights, are trained in both of its stacks; use `lora` or `full`"
_BERT = Family(
    table="from zero",
    layers="encoder.layer",
    embeddings="embeddings",
    pooling="mean",
    targets=("query", "value"),
    scaled=("attention.self.key", "attention.self.value"),
    narrowing=("output.dense",),
    attention_out="attention.output.dense",
    feed_forward=("intermediate", "output.dense"),
)
_DECODER = Family(
    layers="layers",
    pooling="last",
    targets=("q_proj", "v_proj"),
    scaled=("self_attn.k_proj", "self_attn.v_proj"),
    narrowing=("mlp.down_proj",),
    attention_out="self_attn.o_proj",
    feed_forward=("mlp", "mlp"),
)
_LATENT = replace(  # multi-head latent attention over a mixture of experts; short query paths have no q_a_proj
    _DECODER,
    targets=("q_proj", "q_b_proj", "kv_b_proj"),
    scaled=("self_attn.kv_b_proj",),
    narrowing=("mlp.down_proj", "mlp.shared_experts.down_proj"),
    refused={
        "prefix": "its latent attention keeps no keys and values of one shape; use `prompt`, or `lora`, which do work"
    },
)

FAMILIES: dict[str, Family] = {
    "bert": _BERT,
    "roberta": replace(_BERT, table="after padding"),
    "modernbert": Family(
        layers="layers",
        embeddings="embeddings",
        pooling="mean",
        targets=("Wqkv",),
        scaled=("attn.Wqkv",),
        narrowing=("mlp.Wo",),
        attention_out="attn.Wo",
        feed_forward=("mlp", "mlp"),
        refused=_NO_PREFIX,
    ),
    "deberta-v2": replace(
        _BERT,
        targets=("query_proj", "value_proj"),
        scaled=("attention.self.key_proj", "attention.self.value_proj"),
        table=None,
        beside_first="encoder.conv",
        returns=2,
        refused=_NO_PREFIX,
    ),
    "t5": Family(
        loader="AutoModelForTextEncoding",
        layers="encoder.block",
        pooling="mean",
        targets=("q", "v"),
        scaled=("layer.0.SelfAttention.k", "layer.0.SelfAttention.v"),
        narrowing=("layer.1.DenseReluDense.wo",),
        attention_out="layer.0.SelfAttention.o",
        feed_forward=("layer.1.DenseReluDense", "layer.1.DenseReluDense"),
        first_holds="layer.0.SelfAttention.relative_attention_bias",
        returns=3,
        refused=_NO_PREFIX,
    ),
    "bart": Family(
        layers="encoder.layers",
        pooling="last",
        targets=("q_proj", "v_proj"),
        scaled=(),
        narrowing=(),
        attention_out="self_attn.out_proj",
        feed_forward=("fc1", "fc2"),
        table="from zero",
        native_only=True,
        refused=dict.fromkeys(("ia3", "prefix", "prompt", "serial", "parallel", "head"), _BOTH_STACKS),
    ),
    "llama": _DECODER,
    "mistral": _DECODER,
    "qwen2": _DECODER,
    "qwen3": _DECODER,
    "starcoder2": replace(_DECODER, narrowing=("mlp.c_proj",)),
    "gpt_bigcode": Family(
        layers="h",
        pooling="last",
        targets=("c_attn",),
        scaled=("attn.c_attn",),
        narrowing=("mlp.c_proj",),
        attention_out="attn.c_proj",
        feed_forward=("mlp", "mlp"),
        positions="wpe",
        table="from zero",
    ),
    "deepseek_v2": _LATENT,
    "deepseek_v3": _LATENT,
}
"""By `model_type` of the checkpoint's configuration."""


def unknown(model_type: str, reason: str) -> InputError:
    """The error for an architecture that nothing can be done with; it lists those that work."""
    known = ", ".join(f"`{name}`" for name in FAMILIES)
    return InputError(
        f"no trainer for the architecture `{model_type}`, as {reason}; known are {known}"
        f"{did_you_mean(model_type, FAMILIES)}",
        place="base_model",
    )


def check_method(family: Family, method: str, *, model_type: str) -> None:
    """Refuses a method that does not work on an architecture.

    Raises:
        InputError: If its family refuses the method; it says what to use.
    """
    reason = family.refused.get(method)
    if reason is not None:
        raise InputError(f"`{method}` does not work on the architecture `{model_type}`: {reason}", place="method.name")
