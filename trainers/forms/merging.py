"""Adapters merged into one by PEFT, without training."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from trainers.adapters.peft_adapter import PeftAdapter
from trainers.mixing import seeded
from trainers.quiet import quiet

Combination = Literal["svd", "ties_svd", "dare_linear_svd", "linear", "ties", "dare_linear"]
"""PEFT's names: those with `svd` combine the updates of weights and cut the result to a rank, the others combine the
factors."""


@torch.no_grad()
def merge_adapters(
    adapter: PeftAdapter,
    parts: Sequence[Mapping[str, Tensor]],
    *,
    combination: Combination,
    weight: float,
    density: float,
    scale: float,
    seed: int,
) -> dict[str, Tensor]:
    r"""What ``add_weighted_adapter`` makes of some adapters, as weights that :meth:`Adapter.load` takes.

    PEFT means its result for a scale of 1, which it does not have under rsLoRA; here the result's ``B`` is divided by
    the adapter's own scale, so that the update :math:`s B A` is the one that was meant under either.

    Args:
        adapter: LoRA or rsLoRA; it keeps its weights, and its rank is the result's.
        parts: Weights of adapters on the same layers, all of one rank and of the adapter's scale.
        combination: How they are combined.
        weight: Of every part.
        density: Share of a part's values that TIES and DARE keep.
        scale: Factor of the adapter's product of factors.
        seed: Of the values that DARE drops.
    """
    from peft import get_peft_model_state_dict, set_peft_model_state_dict

    peft = adapter.peft
    config = peft.peft_config["default"]
    rank = next(len(of) for name, of in parts[0].items() if ".lora_A." in name)
    alpha = scale * (rank**0.5 if config.use_rslora else rank)
    names = [f"part_{index}" for index in range(len(parts))]
    devices = [of.device for of in adapter.parameters() if of.device.type == "cuda"][:1]
    try:
        with quiet(), torch.random.fork_rng(devices=devices):
            for name, part in zip(names, parts, strict=True):
                peft.add_adapter(name, replace(config, r=rank, lora_alpha=alpha))
                set_peft_model_state_dict(peft, dict(part), adapter_name=name)
            torch.manual_seed(int(seeded("merge", seed).integers(2**62)))
            peft.base_model.add_weighted_adapter(
                names,
                [weight] * len(names),
                "merged",
                combination_type=combination,
                svd_rank=config.r if combination.endswith("svd") else None,
                svd_full_matrices=False,
                density=density,
            )
        made = get_peft_model_state_dict(peft, adapter_name="merged")
        return {name: of.detach().clone() / (scale if ".lora_B." in name else 1) for name, of in made.items()}
    finally:
        for name in [*names, "merged"]:
            if name in peft.peft_config:
                peft.delete_adapter(name)
