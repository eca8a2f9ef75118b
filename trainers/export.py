"""A trained group on disk: the adapter, in PEFT's own files where PEFT has the method, and the heads beside it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tasks.encoding import EncodedTask
from trainers.backbone import load_backbone
from trainers.bench import BenchSpec
from trainers.methods import for_group, settings_of
from trainers.native import is_native
from trainers.result import GroupResult
from trainers.written_folder import written_folder


@dataclass(frozen=True, kw_only=True)
class TextUse:
    """What a task's head was trained to read, beyond tokens, and what its numbers mean."""

    columns: tuple[str, ...] = ()
    """Names of the columns of its texts, one per side."""
    max_length: int = 128
    """Tokens per text."""
    centre: float = 0.0
    """Regression: a score of 0 in the unit of the data."""
    spread: float = 1.0
    """Regression: a score of 1 above it."""


HEADS = "heads."
"""Prefix of head weights in a result: ``heads.<task>.<parameter>``."""


def save_adapter(
    folder: Path, result: GroupResult, spec: BenchSpec, *, texts: Mapping[str, TextUse] | None = None
) -> Path:
    """Writes ``heads.safetensors``, ``heads.json`` and the adapter's files.

    For methods that PEFT has, those are ``adapter_config.json`` and ``adapter_model.safetensors``, which load with
    ``PeftModel.from_pretrained(base, folder)``; a fully fine-tuned model is one that ``from_pretrained`` reads; serial
    and parallel adapters are read by :mod:`trainers.loaded` only. A head reads features pooled over tokens as
    ``heads.json`` says, or, of kind `tokens`, the state of the last token of every line or word; kind `text` has no
    head but the base model's. The folder is written under a temporary name and renamed; one that is there is replaced.

    Args:
        folder: Where to; its parent is made.
        result: A run with weights.
        spec: The bench that trained it.
        texts: What each task read, by name, so that new examples can be read alike.

    Raises:
        ValueError: If the result carries no weights.
    """
    import torch

    if not result.weights:
        raise ValueError(f"Expected a run of {'+'.join(result.group)} that kept its weights, but it has none.")
    native = spec.training.head == "native"
    backbone = load_backbone(spec.checkpoint, device=torch.device("cpu"), native=native)
    method = for_group(spec.method, len(result.group))
    adapter = method.attach(backbone, lowest=backbone.computed_from(method.lowest(backbone.depth)))
    with written_folder(folder) as temporary:
        weights = {name: np.array(values, order="C") for name, values in result.weights.items()}
        shared = {name: torch.from_numpy(of) for name, of in weights.items() if not name.startswith(HEADS)}
        adapter.save(temporary, shared, base=spec.checkpoint.public)
        save_file(
            {name.removeprefix(HEADS): values for name, values in weights.items() if name.startswith(HEADS)},
            temporary / "heads.safetensors",
        )
        described = {
            "schema": 1,
            "base_model": spec.checkpoint.name,
            "base_identity": spec.checkpoint.identity,
            **({} if spec.checkpoint.bits is None else {"base_bits": spec.checkpoint.bits}),
            "method": settings_of(spec.method),
            "loader": backbone.family.loader,
            "pooling": backbone.pooling(native=False),
            "seed": result.seed,
            "tasks": {
                name: _head(spec.tasks[name], (texts or {}).get(name, TextUse()), native=native)
                for name in result.group
            },
        }
        (temporary / "heads.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    return folder


def _head(task: EncodedTask, texts: TextUse, *, native: bool) -> dict[str, Any]:
    return {
        "kind": task.kind.name,
        "head": _form(task, native=native),
        "sides": task.sides,
        "outputs": task.outputs,
        "classes": list(task.classes),
        "metric": task.metric.name,
        **asdict(texts),
        **({"longest": task.answers("train")} if task.kind.name == "text" else {}),
    }


def _form(task: EncodedTask, *, native: bool) -> str:
    """What a head reads: a text's pooled features, its own tokens, or those of spans; or the base model's own head."""
    if task.kind.name == "text":
        return "language"
    if task.kind.placed:
        return "spans"
    return "native" if native and is_native(task) else "pooled"
