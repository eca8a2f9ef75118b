"""Architectures that :data:`trainers.families.FAMILIES` does not name, as far as their structure tells what it must.

The model is made without weights. Its layers are the one list of as many modules of one class as the configuration
counts; nothing else is known of them, so they are never taken apart, and only methods that work on linear maps by name,
or on all weights or none, are allowed. :mod:`trainers.self_check` proves the rest before anything is trained.
"""

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import nn

from trainers.families import FAMILIES, Family, unknown
from trainers.quiet import quiet

_MORE = "it is not in the table of architectures, and this method needs to know more of one; use `lora` or `full`"
REFUSED: Mapping[str, str] = dict.fromkeys(("ia3", "prefix", "prompt", "serial", "parallel"), _MORE)
"""Methods that need to know more of an architecture than its structure tells."""


def family_of(config: Any) -> Family:
    """The family of a configuration: that of the table, or one that is found by the model's structure.

    Raises:
        InputError: If the architecture is not in the table and its structure does not tell where its layers are.
    """
    return FAMILIES.get(str(config.model_type)) or _found(config)


def _found(config: Any) -> Family:
    model_type = str(config.model_type)
    if getattr(config, "is_encoder_decoder", False):
        raise unknown(model_type, "it has an encoder and a decoder, and which of them stands for a text is not known")
    model = without_weights(config)
    words = model.get_input_embeddings()
    if not isinstance(words, nn.Embedding) or not getattr(config, "hidden_size", None):
        raise unknown(model_type, "it does not read tokens alone")
    layers = _layers(model, depth=getattr(config, "num_hidden_layers", None))
    if len(layers) != 1:
        number = "several lists" if layers else "no list"
        raise unknown(model_type, f"it has {number} of as many layers of one kind as its configuration counts")
    return Family(
        layers=layers[0],
        pooling=_pooling(config),
        targets=_targets(model_type, model.get_submodule(layers[0])),
        scaled=(),
        narrowing=(),
        attention_out="",
        feed_forward=("", ""),
        generic=True,
        refused=REFUSED,
    )


def without_weights(config: Any) -> Any:
    """The base model of a configuration on torch's device `meta`: modules and shapes only.

    Raises:
        InputError: If `transformers` has no base model of that architecture, or cannot make it.
    """
    from transformers import AutoModel

    try:
        with torch.device("meta"), quiet():
            return AutoModel.from_config(copy.deepcopy(config), trust_remote_code=False)
    except Exception as error:  # code of any architecture
        raise unknown(str(config.model_type), f"its base model cannot be made ({first_line(error)})") from None


def has_pooler(config: Any) -> bool:
    """Whether the base model would get a pooler, which nothing reads, unless told otherwise."""
    from transformers import MODEL_MAPPING

    model: Any = MODEL_MAPPING[type(config)]
    return "add_pooling_layer" in inspect.signature(model).parameters


def linear_maps(module: nn.Module) -> dict[str, Any]:
    """The linear maps in a module by their paths; GPT-2 has a class of its own for them."""
    from transformers.pytorch_utils import Conv1D

    return {path: part for path, part in module.named_modules() if isinstance(part, nn.Linear | Conv1D)}


def input_by_output(module: nn.Module, names: Sequence[str]) -> bool:
    """Whether linear maps of these names keep their weights as inputs by outputs, as GPT-2's do."""
    maps = linear_maps(module).items()
    return any(path.rsplit(".", 1)[-1] in names and not isinstance(of, nn.Linear) for path, of in maps)


def first_line(error: Exception) -> str:
    """What an error says, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]:.200}" if lines else type(error).__name__


def _layers(model: nn.Module, *, depth: int | None) -> list[str]:
    """Paths of the lists that may be the model's layers; those within another, such as experts, are not."""
    found = [
        path
        for path, part in model.named_modules()
        if isinstance(part, nn.ModuleList)
        and len(part) == depth
        and len({type(layer) for layer in part}) == 1
        and linear_maps(part[0])
    ]
    return [path for path in found if not any(path.startswith(f"{other}.") for other in found)]


def _pooling(config: Any) -> Literal["mean", "last"]:
    """The `last` token's state where `transformers` has the architecture for causal language modelling alone."""
    from transformers.models.auto import modeling_auto

    causal = config.model_type in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    masked = config.model_type in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return "last" if getattr(config, "is_decoder", False) or (causal and not masked) else "mean"


def _targets(model_type: str, layers: nn.Module) -> tuple[str, ...]:
    """Names of linear maps that are adapted by default: PEFT's for the architecture, or all of a layer."""
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN

    names = sorted({path.rsplit(".", 1)[-1] for path in linear_maps(layers)})
    listed: Sequence[str] | str = KNOWN.get(model_type, ())
    return tuple(name for name in listed if name in names) or tuple(names)
