"""The frozen base model: whole, to compute the lower layers once; or cut, with an adapter on its upper layers."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tasks.encoding import Tokenize
from tasks.errors import InputError
from trainers.checkpoint import Checkpoint
from trainers.families import Family, family_of
from trainers.methods import LoRA


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen base model on a device.

    Args:
        model: The base model without a head; in evaluation mode, no parameter trained.
        family: What is known of its architecture.
        depth: Number of layers.
        hidden: Width ``H`` of the hidden states.
        device: Where it runs.
    """

    model: nn.Module
    family: Family
    depth: int
    hidden: int
    device: torch.device

    @property
    def layers(self) -> nn.ModuleList:
        """The model's layers, lowest first."""
        found = self.model.get_submodule(self.family.layers)
        if not isinstance(found, nn.ModuleList):
            raise TypeError(f"Expected a list of layers at `{self.family.layers}`, but got {type(found).__name__}.")
        return found


def load_backbone(checkpoint: Checkpoint, *, device: torch.device) -> Backbone:
    """Loads and freezes a base model; bf16 on a GPU that has it, fp32 elsewhere.

    Raises:
        InputError: If the checkpoint cannot be read or its architecture is unknown.
    """
    from transformers import AutoConfig, AutoModel

    with _quiet():
        config = _readable(lambda: AutoConfig.from_pretrained(checkpoint.location, trust_remote_code=False), checkpoint)
        family = family_of(str(config.model_type))
        extra: dict[str, Any] = {"add_pooling_layer": False} if config.model_type in ("bert", "roberta") else {}
        model = _readable(
            lambda: AutoModel.from_pretrained(
                checkpoint.location,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=base_dtype(device),
                **extra,
            ),
            checkpoint,
        )
    model.requires_grad_(False)
    model.eval()
    model.to(device)
    return Backbone(model, family, int(config.num_hidden_layers), int(config.hidden_size), device)


def base_dtype(device: torch.device) -> torch.dtype:
    """Number type of the frozen weights: bf16 where the device gains by it."""
    return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


def load_tokenizer(checkpoint: Checkpoint) -> Tokenize:
    """The checkpoint's tokenizer as a plain function; texts over the maximal length are cut.

    Raises:
        InputError: If the checkpoint has no readable tokenizer.
    """
    from transformers import AutoTokenizer

    with _quiet():
        tokenizer = _readable(
            lambda: AutoTokenizer.from_pretrained(checkpoint.location, trust_remote_code=False), checkpoint
        )

    def tokenize(texts: Sequence[str], max_length: int) -> list[list[int]]:
        encoded = tokenizer(list(texts), truncation=True, max_length=max_length, padding=False)
        return [list(row) for row in encoded["input_ids"]]

    return tokenize


class _Reached(Exception):
    """The forward pass came to the layer where it ends."""


@contextmanager
def stopped_at(layer: nn.Module) -> Iterator[list[Tensor]]:
    """A forward pass within it ends where it comes to ``layer``; the list then holds what would have entered."""
    seen: list[Tensor] = []

    def stop(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        seen.append(args[0] if args else kwargs["hidden_states"])
        raise _Reached

    handle = layer.register_forward_pre_hook(stop, with_kwargs=True)
    try:
        yield seen
    except _Reached:
        pass
    finally:
        handle.remove()


def lower_states(backbone: Backbone, ids: Tensor, mask: Tensor, *, lowest: int) -> Tensor:
    """Hidden states that enter layer ``lowest``, in fp32.

    Args:
        ids: Token ids, shape ``(B, L)``.
        mask: 1 where a token is, shape ``(B, L)``.

    Returns:
        Shape ``(B, L, H)``; rows of padding hold no meaning.
    """
    with stopped_at(backbone.layers[lowest]) as seen, torch.inference_mode():
        backbone.model(input_ids=ids, attention_mask=mask)
    return seen[0].float()


class _PassStates(nn.Module):
    """Stands for a lower layer whose work is done; keeps the plain attributes that the model asks layers for."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        plain = {name: value for name, value in vars(layer).items() if isinstance(value, str) and name[0] != "_"}
        vars(self).update(plain)

    def forward(self, hidden_states: Tensor, *_args: Any, **_kwargs: Any) -> Tensor:
        return hidden_states


class _PassEmbeddings(nn.Module):
    """Stands for the embeddings when the lower layers' output is fed in."""

    def forward(self, *_args: Any, inputs_embeds: Tensor, **_kwargs: Any) -> Tensor:
        return inputs_embeds


def cut_below(backbone: Backbone, lowest: int) -> None:
    """Drops everything below layer ``lowest``; the model then takes that layer's input as ``inputs_embeds``.

    Layers keep their numbers, so that adapter weights keep the names that PEFT gives them on the whole model.
    """
    for index in range(lowest):
        backbone.layers[index] = _PassStates(backbone.layers[index])
    if backbone.family.embeddings is not None:
        backbone.model.set_submodule(backbone.family.embeddings, _PassEmbeddings())


def add_adapter(backbone: Backbone, method: LoRA, *, lowest: int) -> nn.Module:
    """Puts the method's adapter on the layers from ``lowest`` up; adapter weights are fp32.

    Raises:
        InputError: If the method's targets name no layer of this model.
    """
    from peft import get_peft_model

    config = method.config(
        targets=backbone.family.targets,
        layers=backbone.family.layers.rsplit(".", 1)[-1],
        lowest=lowest,
        depth=backbone.depth,
    )
    try:
        with _quiet():
            return get_peft_model(backbone.model, config)
    except ValueError as error:
        raise InputError(str(error), place="method.targets") from None


def matrix_parameters(modules: Sequence[nn.Module]) -> int:
    """Weights of all linear maps in ``modules``: the ``N`` of the cost model, 2N FLOPs per token and forward pass."""
    return sum(module.weight.numel() for part in modules for module in part.modules() if isinstance(module, nn.Linear))


def _readable(load: Callable[[], Any], checkpoint: Checkpoint) -> Any:
    try:
        return load()
    except (OSError, ValueError, KeyError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise InputError(
            f"cannot load this base model: {lines[0] if lines else type(error).__name__}",
            place=f"base_model: {checkpoint.name}",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No loading bars and no advice of the loading libraries, which is not about the user's input."""
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
