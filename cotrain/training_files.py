"""Files that train a group of `text` tasks again in LLaMA-Factory or Axolotl: its data, its adapter, its budget.

Prompts and completions are joined as they are, without a chat template, and only completions are learned, as here; the
tokens at both ends of a text stand in the data. What differs: both mix the tasks' examples within batches, and average
no weights.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cotrain.yaml_file import to_yaml

FINETUNED = {"lora": "lora", "rslora": "lora", "dora": "lora", "full": "full"}
"""Methods that both know, as LLaMA-Factory calls them."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A group's training."""

    base_model: str
    """As others load it."""
    method: str
    """One of :data:`FINETUNED`."""
    rank: int
    """Of the group's adapter; 0 of full fine-tuning."""
    alpha: int
    """Scale of its update, divided by the rank or its root; 0 of full fine-tuning."""
    dropout: float
    """Share of the update's inputs that is dropped."""
    targets: tuple[str, ...]
    """Adapted linear maps: by name, or by path where only some layers are adapted."""
    examples: Mapping[str, Sequence[tuple[str, str]]]
    """Prompts and completions of train, by task."""
    start: str
    """The token that the tokenizer sets before a text; empty if none."""
    end: str
    """The token that ends a text."""
    max_length: int
    """Tokens of prompt and completion together; of tasks with different lengths, the largest."""
    passes: int
    """Over each task's examples."""
    batch_size: int
    """Examples per step."""
    learning_rate: float
    """AdamW's, constant after the warm-up."""
    warmup: int
    """Steps of it."""
    weight_decay: float
    """AdamW's."""
    clip: float
    """Largest norm of a step's gradient."""
    seed: int
    """Of data order and initialisation."""


def llama_factory(recipe: Recipe) -> dict[str, str]:
    """Contents by file name: ``train.yaml`` for ``llamafactory-cli train``, ``dataset_info.json``, and the data."""
    names = list(recipe.examples)
    settings: dict[str, Any] = {
        "model_name_or_path": recipe.base_model,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": FINETUNED[recipe.method],
        "dataset_dir": ".",
        "dataset": ",".join(names),
        "mix_strategy": "concat",
        "template": "empty",
        "cutoff_len": recipe.max_length,
        "output_dir": "adapter",
        "per_device_train_batch_size": recipe.batch_size,
        "gradient_accumulation_steps": 1,
        "learning_rate": recipe.learning_rate,
        "num_train_epochs": float(recipe.passes),
        "lr_scheduler_type": "constant_with_warmup",
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.clip,
        "seed": recipe.seed,
    }
    if recipe.method != "full":
        settings |= {
            "lora_rank": recipe.rank,
            "lora_alpha": recipe.alpha,
            "lora_dropout": recipe.dropout,
            "lora_target": ",".join(recipe.targets),
            **({"use_rslora": True} if recipe.method == "rslora" else {}),
            **({"use_dora": True} if recipe.method == "dora" else {}),
        }
    described = {
        name: {"file_name": f"{name}.jsonl", "columns": {"prompt": "prompt", "response": "completion"}}
        for name in names
    }
    data = {
        f"{name}.jsonl": _lines(
            {"prompt": recipe.start + prompt, "completion": completion + recipe.end} for prompt, completion in rows
        )
        for name, rows in recipe.examples.items()
    }
    return {"train.yaml": to_yaml(settings), "dataset_info.json": json.dumps(described, indent=1) + "\n", **data}


def axolotl(recipe: Recipe) -> dict[str, str]:
    """Contents by file name: ``config.yaml`` for ``axolotl train``, and the data in segments, learned or not."""
    settings: dict[str, Any] = {
        "base_model": recipe.base_model,
        "datasets": [{"path": f"{name}.jsonl", "ds_type": "json", "type": "input_output"} for name in recipe.examples],
        "train_on_inputs": False,
        "sequence_len": recipe.max_length,
        "sample_packing": False,
        "output_dir": "adapter",
        "micro_batch_size": recipe.batch_size,
        "gradient_accumulation_steps": 1,
        "num_epochs": recipe.passes,
        "optimizer": "adamw_torch",
        "lr_scheduler": "constant_with_warmup",
        "learning_rate": recipe.learning_rate,
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.clip,
        "seed": recipe.seed,
    }
    if recipe.method != "full":
        settings |= {
            "adapter": "lora",
            "lora_r": recipe.rank,
            "lora_alpha": recipe.alpha,
            "lora_dropout": recipe.dropout,
            "lora_target_modules": list(recipe.targets),
            **({"peft_use_rslora": True} if recipe.method == "rslora" else {}),
            **({"peft_use_dora": True} if recipe.method == "dora" else {}),
        }
    data = {
        f"{name}.jsonl": _lines(
            {
                "segments": [
                    {"label": False, "text": recipe.start + prompt},
                    {"label": True, "text": completion + recipe.end},
                ]
            }
            for prompt, completion in rows
        )
        for name, rows in recipe.examples.items()
    }
    return {"config.yaml": to_yaml(settings), **data}


def _lines(rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
