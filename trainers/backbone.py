"""The frozen base model: whole, to compute the lower layers once; or cut, with an adapter on its upper layers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from tasks.errors import InputError
from trainers.checkpoint import Checkpoint, check_complete
from trainers.families import Family, unknown
from trainers.generic import family_of, has_pooler, linear_maps
from trainers.language_head import LanguageHead, load_causal
from trainers.memory import out_of_memory
from trainers.native import FORMS, Pooling, Template, load_classifier
from trainers.quantised import few_bits
from trainers.quiet import quiet
from trainers.tokenizer import CheckpointTokenizer


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen base model on a device.

    Args:
        model: The base model without a head; in evaluation mode, no parameter trained.
        family: What is known of its architecture.
        depth: Number of layers.
        hidden: Width ``H`` of the hidden states.
        device: Where it runs.
        template: The architecture's own classification head; None where heads are pooled.
        chosen: Share of a mixture's experts that a token passes; 1 where there is none.
        lent: Weights that the lowest layer left has from one that was cut off.
        causal: The same with its own map to tokens, where tasks complete prompts; else None.
    """

    model: nn.Module
    family: Family
    depth: int
    hidden: int
    device: torch.device
    template: Template | None = None
    chosen: float = 1.0
    lent: list[nn.Parameter] = field(default_factory=list)
    causal: Any = None

    def inputs(self, values: Tensor, mask: Tensor, *, cut: bool) -> dict[str, Any]:
        """A batch as the model's arguments; decoders keep no keys and values for tokens that never come.

        Args:
            values: Token ids, shape ``(B, L)``, or states of the lower layers, shape ``(B, L, H)``.
            mask: 1 where a token is, shape ``(B, L)``.
            cut: Whether they are states.
        """
        found: dict[str, Any] = {"inputs_embeds" if cut else "input_ids": values, "attention_mask": mask}
        if self.family.pooling == "last":
            found["use_cache"] = False
        if self.template is not None and self.template.form.two_stacks:
            config: Any = self.model.config
            found["decoder_input_ids"] = shifted(values, start=int(config.decoder_start_token_id))
        return found

    def pooling(self, *, native: bool) -> Pooling:
        """How a text's states become one vector.

        Args:
            native: Whether the architecture's own head reads it.
        """
        if self.template is not None and (native or self.template.form.two_stacks):
            return self.template.pooling
        return self.family.pooling

    def language_head(self) -> LanguageHead:
        """The base model's own map to tokens, for tasks that complete prompts."""
        return LanguageHead(self.causal.get_output_embeddings())

    @property
    def mixed(self) -> bool:
        """Whether passes are computed in bf16 where that is safe, as the base model's weights were loaded."""
        return base_dtype(self.device) == torch.bfloat16 or any(
            parameter.dtype == torch.bfloat16 for parameter in self.model.parameters()
        )

    @property
    def layers(self) -> nn.ModuleList:
        """The model's layers, lowest first."""
        found = self.model.get_submodule(self.family.layers)
        if not isinstance(found, nn.ModuleList):
            raise TypeError(f"Expected a list of layers at `{self.family.layers}`, but got {type(found).__name__}.")
        return found

    def computed_from(self, lowest: int) -> int:
        """Lowest layer that is computed, of a method that works from ``lowest`` up; 0 where layers stay together."""
        return 0 if self.family.generic else lowest

    def lower_parameters(self, lowest: int) -> list[nn.Parameter]:
        """Weights that shape what enters layer ``lowest``, and what is left of them where the model is cut below."""
        family, found = self.family, list(self.layers[:lowest])
        found += [
            self.model.get_submodule(path)
            for path in (family.embeddings, family.positions, family.beside_first)
            if path is not None and has_module(self.model, path)
        ]
        if family.embeddings is None:
            found.append(self.model.get_input_embeddings())  # type: ignore[operator]  # a model of transformers
        return [*self.lent, *(of for module in found for of in module.parameters())]

    def paths(self, within: Sequence[str], *, lowest: int) -> list[str]:
        """Full paths of modules in the layers from ``lowest`` up; those that a layer has."""
        return [
            f"{self.family.layers}.{index}.{path}"
            for index in range(lowest, self.depth)
            for path in within
            if has_module(self.layers[index], path)
        ]


def load_config(checkpoint: Checkpoint) -> Any:
    """The checkpoint's configuration, as `transformers` reads it.

    Raises:
        InputError: If it cannot be read, or `transformers` does not know its architecture.
    """
    from transformers import CONFIG_MAPPING, AutoConfig, PretrainedConfig

    with quiet():
        described, _ = _readable(lambda: PretrainedConfig.get_config_dict(checkpoint.location), checkpoint)
        model_type = described.get("model_type")
        if model_type is not None and model_type not in CONFIG_MAPPING:
            raise unknown(str(model_type), "`transformers` has none of that name, and code of a checkpoint is not run")
        return _readable(lambda: AutoConfig.from_pretrained(checkpoint.location, trust_remote_code=False), checkpoint)


def load_backbone(
    checkpoint: Checkpoint, *, device: torch.device, native: bool = False, language: bool = False
) -> Backbone:
    """Loads and freezes a base model; bf16 on a GPU that has it, fp32 elsewhere; or with the checkpoint's few bits.

    Args:
        native: Whether it is read by the architecture's own classification head, which is then loaded too.
        language: Whether its own map to tokens is loaded too, of a causal language model.

    Raises:
        InputError: If the checkpoint cannot be read or its architecture is unknown.
    """
    import transformers

    config = load_config(checkpoint)
    model_type = str(config.model_type)
    family = family_of(config)
    settings: dict[str, Any] = {"dtype": base_dtype(device)}
    whole = FORMS[model_type].parts if native else ()
    settings |= few_bits(checkpoint.bits, device=device, dtype=base_dtype(device), whole=whole)
    template = causal = None
    if language:
        causal = _readable(lambda: load_causal(checkpoint, **settings), checkpoint)
        causal.requires_grad_(False).eval()
        model = causal if "quantization_config" in settings else causal.to(device)
        model = model.base_model
    elif native:
        classifier, template = _readable(lambda: load_classifier(checkpoint, config, **settings), checkpoint)
        model = classifier.base_model
        if model_type == "bert":
            model.pooler = None  # it is a part of the head
    else:
        if model_type in ("bert", "roberta") or (family.generic and has_pooler(config)):
            settings["add_pooling_layer"] = False
        loader = getattr(transformers, family.loader)
        with quiet():
            model, found = _readable(
                lambda: loader.from_pretrained(
                    checkpoint.location,
                    use_safetensors=True,
                    trust_remote_code=False,
                    output_loading_info=True,
                    **settings,
                ),
                checkpoint,
            )
        check_complete(checkpoint, found["missing_keys"], layers=family.layers)
    model.requires_grad_(False)
    model.eval()
    if "quantization_config" not in settings:
        model.to(device)
    depth, hidden = int(config.num_hidden_layers), int(config.hidden_size)
    return Backbone(
        model, family, depth, hidden, device, template=template, chosen=share_of_experts(config), causal=causal
    )


def share_of_experts(config: Any) -> float:
    """Share of a mixture's experts that a token passes; 1 where there is no mixture."""
    counted = (getattr(config, name, None) for name in ("n_routed_experts", "num_local_experts", "num_experts"))
    experts = next((of for of in counted if of), None)
    return config.num_experts_per_tok / experts if experts else 1.0


def base_dtype(device: torch.device) -> torch.dtype:
    """Number type of the frozen weights: bf16 where the device gains by it."""
    return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


def load_tokenizer(checkpoint: Checkpoint) -> CheckpointTokenizer:
    """The checkpoint's tokenizer.

    Raises:
        InputError: If the checkpoint has no readable tokenizer.
    """
    from transformers import AutoTokenizer

    with quiet():
        tokenizer = _readable(
            lambda: AutoTokenizer.from_pretrained(checkpoint.location, trust_remote_code=False), checkpoint
        )
    return CheckpointTokenizer(tokenizer, name=checkpoint.name)


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


def shifted(ids: Tensor, *, start: int) -> Tensor:
    """What a decoder reads to see a text once more: the start token, and the text without its last."""
    return torch.cat([torch.full_like(ids[:, :1], start), ids[:, :-1]], dim=1)


def has_module(module: nn.Module, path: str) -> bool:
    """Whether there is a module at a path below another."""
    for part in path.split("."):
        found = getattr(module, part, None)
        if not isinstance(found, nn.Module):
            return False
        module = found
    return True


def matrix_parameters(modules: Sequence[nn.Module], *, chosen: float = 1.0) -> int:
    """Weights of all linear maps that a token passes in ``modules``: the ``N`` of the cost model.

    A forward pass takes 2N FLOPs per token.

    Args:
        template: The architecture's own classification head; None where heads are pooled.
        chosen: Share of the experts of a mixture that a token passes; their weights are stacked in three dimensions.
    """
    within = [module for part in modules for module in part.modules()]
    maps = [of for part in modules for of in linear_maps(part).values()]
    linear: int = sum(  # of few bits, several share an element of what is kept
        of.in_features * of.out_features if isinstance(of, nn.Linear) else of.weight.numel() for of in maps
    )
    stacked = sum(of.numel() for module in within for of in module.parameters(recurse=False) if of.dim() == 3)
    return linear + round(chosen * stacked)


def _readable(load: Callable[[], Any], checkpoint: Checkpoint) -> Any:
    try:
        return load()
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        if out_of_memory(error):
            raise
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise InputError(
            f"cannot load this base model: {lines[0] if lines else type(error).__name__}",
            place=f"base_model: {checkpoint.name}",
        ) from error
