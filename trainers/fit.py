"""Whether a base model, a method and texts of a length go together: known from the configuration, before any work."""

from collections.abc import Sequence
from typing import Any

from tasks.errors import InputError
from trainers import native as natives
from trainers.aggregators import open_aggregator
from trainers.backbone import load_config
from trainers.checkpoint import Checkpoint
from trainers.families import Family, check_method
from trainers.generic import family_of
from trainers.methods import Method, Prefix, Prompt
from trainers.self_check import self_check
from trainers.settings import Training


def check_fit(
    checkpoint: Checkpoint, method: Method, *, max_length: int, training: Training, texts: Sequence[str] = ()
) -> None:
    """Refuses what cannot be trained.

    Args:
        max_length: Tokens of the longest text.
        training: What heads are, and whether layers are computed again.
        texts: Names of the tasks of kind `text`.

    Raises:
        InputError: If few bits are asked of a checkpoint that has them, the architecture is unknown, or found by its
            structure and fails its self-check, the method does not work on it, or its learned positions do not suffice
            for the texts and what the method puts before them; if the aggregator's package is not installed.
    """
    if training.jointly:
        open_aggregator(training.aggregator)
    config = load_config(checkpoint)
    model_type = str(config.model_type)
    if checkpoint.bits is not None and getattr(config, "quantization_config", None) is not None:
        raise InputError(
            "this base model's weights have few bits already; leave `base_model_bits` out", place="base_model_bits"
        )
    family = family_of(config)
    check_method(family, method.name, model_type=model_type)
    if texts:
        _check_language(model_type, family, method, training, texts[0])
    if training.recompute and method.name == "prefix":
        raise InputError("a prefix would enter layers twice that are computed again; use `prompt`", place="method.name")
    if training.head == "native":
        _check_native(model_type, family, method)
    elif family.native_only:
        raise InputError(
            f"the architecture `{model_type}` is read by its own classification head only; use `training: {{head: "
            "native}` and `method: {layers: all}`",
            place="training.head",
        )
    if family.generic:
        _check_generic(config, family, method, max_length=max_length)
    table = family.table
    if table is None:
        return
    rows = int(config.max_position_embeddings) - (int(config.pad_token_id) + 1 if table == "after padding" else 0)
    before = method.length if isinstance(method, Prompt | Prefix) else 0
    if max_length + before > rows:
        own = f", and `{method.name}` takes {before} of them" if before else ""
        raise InputError(
            f"expected texts of up to {rows - before} tokens, but got {max_length}: this base model has {rows} "
            f"positions{own}; lower it, or use a base model with more",
            place="max_length",
        )


def _check_generic(config: Any, family: Family, method: Method, *, max_length: int) -> None:
    """Refuses what an architecture that is not in the table does not have, or fails to do.

    Raises:
        InputError: If only the uppermost layers are to be adapted, or the self-check fails.
    """
    if method.layers != "all" and method.name != "head":
        raise InputError(
            f"the architecture `{config.model_type}` is not in the table of architectures, so its layers stay "
            f"together: expected `all`, but got {method.layers!r}; use `method: {{name: {method.name}, layers: all}}`",
            place="method.layers",
        )
    self_check(config, family, method, max_length=max_length)


def _check_language(model_type: str, family: Family, method: Method, training: Training, task: str) -> None:
    """Refuses what cannot complete prompts.

    Raises:
        InputError: If the architecture is no causal decoder, or nothing is left to train.
    """
    if family.pooling != "last" or family.native_only:
        raise InputError(
            f"task {task} is of kind text, which needs a causal language model, but the architecture is `{model_type}`"
            "; use one such as Qwen2.5-Coder, DeepSeek-Coder or SmolLM2",
            place="base_model",
        )
    if family.generic:
        raise InputError(
            f"task {task} is of kind text, and how `{model_type}` maps states to tokens is not known; use a causal "
            "decoder of the table of architectures, such as llama, qwen2 or starcoder2",
            place="base_model",
        )
    if training.head == "native":
        raise InputError(
            f"task {task} is of kind text, which no classification head serves; use `training.head: pooled`",
            place="training.head",
        )
    if method.name == "head":
        raise InputError(
            f"`head` trains heads alone, and task {task}, of kind text, has none; use `lora`", place="method.name"
        )


def _check_native(model_type: str, family: Family, method: Method) -> None:
    """Refuses what has no native export.

    Raises:
        InputError: If the architecture's head is not known, the method's weights cannot be read beside a
            classification head, or an encoder-decoder's layers are to be adapted in part.
    """
    if family.generic:
        raise InputError(
            f"the classification head of `{model_type}` is not known; use `training: {{head: pooled}}`",
            place="training.head",
        )
    if method.name not in natives.METHODS:
        raise InputError(
            f"`{method.name}` cannot be read back with a classification head; use one of {', '.join(natives.METHODS)}, "
            "or `training.head: pooled`",
            place="method.name",
        )
    if natives.FORMS[model_type].two_stacks and (method.layers != "all" or method.name == "ia3"):
        raise InputError(
            f"the classification head of `{model_type}` reads its decoder; use `layers: all` and a method other than "
            "ia3, or `training.head: pooled`, which reads the encoder",
            place="method",
        )
