"""A trained group on disk: PEFT's own adapter files, and the tasks' heads beside them."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tasks.encoding import EncodedTask
from trainers.backbone import add_adapter, load_backbone
from trainers.bench import BenchSpec
from trainers.result import GroupResult

HEADS = "heads."
"""Prefix of head weights in a result: ``heads.<task>.<parameter>``."""


def save_adapter(folder: Path, result: GroupResult, spec: BenchSpec) -> Path:
    """Writes ``adapter_config.json``, ``adapter_model.safetensors``, ``heads.safetensors`` and ``heads.json``.

    The adapter loads with ``PeftModel.from_pretrained(base, folder)``. A head reads features pooled over tokens as
    ``heads.json`` says. The folder is written under a temporary name and renamed; one that is there is replaced.

    Args:
        folder: Where to; its parent is made.
        result: A run with weights.
        spec: The bench that trained it.

    Raises:
        ValueError: If the result carries no weights.
    """
    import torch

    if not result.weights:
        raise ValueError(f"Expected a run of {'+'.join(result.group)} that kept its weights, but it has none.")
    backbone = load_backbone(spec.checkpoint, device=torch.device("cpu"))
    model: Any = add_adapter(backbone, spec.method, lowest=spec.method.lowest(backbone.depth))
    config = model.peft_config["default"]
    config.base_model_name_or_path = spec.checkpoint.location
    config.inference_mode = True
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        config.save_pretrained(str(temporary))
        weights = {name: np.asarray(values, order="C") for name, values in result.weights.items()}
        save_file(
            {name: values for name, values in weights.items() if not name.startswith(HEADS)},
            temporary / "adapter_model.safetensors",
            metadata={"format": "pt"},
        )
        save_file(
            {name.removeprefix(HEADS): values for name, values in weights.items() if name.startswith(HEADS)},
            temporary / "heads.safetensors",
        )
        described = {
            "schema": 1,
            "pooling": backbone.family.pooling,
            "seed": result.seed,
            "tasks": {name: _head(spec.tasks[name]) for name in result.group},
        }
        (temporary / "heads.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _head(task: EncodedTask) -> dict[str, Any]:
    return {
        "kind": task.kind.name,
        "sides": task.sides,
        "outputs": task.outputs,
        "classes": list(task.classes),
        "metric": task.metric.name,
    }
