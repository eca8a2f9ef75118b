"""A group with private parts on disk: a folder of each task, whose adapter is the shared part and its own in one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainers.bench import BenchSpec
from trainers.export import HEADS, TextUse, save_adapter
from trainers.methods import LoRA
from trainers.result import GroupResult
from trainers.written_folder import written_folder

DESCRIPTION = "heads.json"
"""What every folder with an adapter holds."""


def save_group(
    folder: Path, result: GroupResult, spec: BenchSpec, *, texts: Mapping[str, TextUse] | None = None
) -> Path:
    """Writes a trained group, whatever its form.

    One adapter for all is written as :func:`trainers.export.save_adapter` does. With private parts, every task has a
    folder of its own within ``folder``, with a LoRA of the summed rank that vanilla PEFT reads: the shared part is
    stored, and served, once per task.

    Args:
        folder: Where to; one that is there is replaced.
        result: A run with weights.
        spec: The bench that made it.
        texts: As of :func:`trainers.export.save_adapter`.

    Raises:
        ValueError: If the result carries no weights, or private parts of a method that has none.
    """
    from trainers.private_layers import is_private

    if not is_private(result.weights):
        return save_adapter(folder, result, spec, texts=texts)
    with written_folder(folder) as temporary:
        for name in result.group:
            alone = served_alone(result, name)
            save_adapter(temporary / name, alone, replace(spec, method=_method_of(alone, spec)), texts=texts)
    return folder


def served_alone(result: GroupResult, task: str) -> GroupResult:
    """The same of one task: its head, and the shared and its private part as one LoRA of the summed rank."""
    from torch import from_numpy

    from trainers.private_layers import joined_weights

    adapter = {name: from_numpy(np.array(of)) for name, of in result.weights.items() if not name.startswith(HEADS)}
    own = {name: of for name, of in result.weights.items() if name.startswith(f"{HEADS}{task}.")}
    joined = {name: of.numpy() for name, of in joined_weights(adapter, task).items()}
    members = {name: of for name, of in result.members.items() if name == task}
    return replace(result, group=(task,), members=members, weights={**joined, **own})


def served_folders(folder: Path) -> list[Path]:
    """The folders with adapters that serve a group: itself, or one per task within it."""
    if (folder / DESCRIPTION).exists() or not folder.is_dir():
        return [folder]
    return sorted(place.parent for place in folder.glob(f"*/{DESCRIPTION}")) or [folder]


def adapter_weights(result: GroupResult) -> int:
    """Trained weights of a run's adapter, with all private parts and without heads."""
    return sum(of.size for name, of in result.weights.items() if not name.startswith(HEADS))


def _method_of(alone: GroupResult, spec: BenchSpec) -> LoRA:
    if not isinstance(spec.method, LoRA):
        raise ValueError(f"Expected LoRA or rsLoRA with private parts, but got {spec.method}.")
    rank = next(len(of) for name, of in alone.weights.items() if ".lora_A." in name)
    return replace(spec.method.with_rank(rank), rank_per_task=False)
