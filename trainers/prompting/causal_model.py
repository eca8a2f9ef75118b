"""A causal language model with its tokenizer and its own head, as it was published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tasks.errors import InputError
from tasks.task import Task
from trainers.backbone import load_backbone, load_config, load_tokenizer, matrix_parameters, share_of_experts
from trainers.checkpoint import Checkpoint
from trainers.generic import family_of


@dataclass(frozen=True, eq=False)
class CausalSpec:
    """All that a process needs to prompt a model.

    Args:
        checkpoint: The model.
        tasks: Tasks with their texts, by name.
        device: A torch device.
        threads: CPU threads.
    """

    checkpoint: Checkpoint
    tasks: Mapping[str, Task]
    device: str
    threads: int


@dataclass(frozen=True, eq=False)
class CausalModel:
    """An opened :class:`CausalSpec`."""

    spec: CausalSpec
    model: Any
    tokenizer: Any
    device: torch.device

    @property
    def flops(self) -> float:
        """FLOPs per token: 2 per weight of a linear map that it passes; without the head, which reads the last only."""
        return 2.0 * matrix_parameters([self.model.base_model], chosen=share_of_experts(self.model.config))

    @property
    def positions(self) -> int | None:
        """Most tokens of a text, where the configuration says so."""
        found = getattr(self.model.config, "max_position_embeddings", None)
        return None if found is None else int(found)


def check_causal(checkpoint: Checkpoint) -> None:
    """Refuses a model that writes nothing.

    Raises:
        InputError: If its architecture is no causal decoder.
    """
    config = load_config(checkpoint)
    family = family_of(config)
    if family.pooling != "last" or family.native_only:
        raise InputError(
            f"the architecture `{config.model_type}` writes no text, so it cannot be prompted; causal decoders such as "
            "llama, qwen2 or starcoder2 can",
            place=f"base_model: {checkpoint.name}",
        )


def open_causal(spec: CausalSpec) -> CausalModel:
    """Loads the model as it is trained: bf16 on a GPU that has it, or the checkpoint's few bits.

    Raises:
        InputError: If it is no causal decoder, lacks its map to tokens, or cannot be read.
    """
    torch.set_num_threads(spec.threads)
    check_causal(spec.checkpoint)
    backbone = load_backbone(spec.checkpoint, device=torch.device(spec.device), language=True)
    return CausalModel(spec, backbone.causal, load_tokenizer(spec.checkpoint).found, backbone.device)
