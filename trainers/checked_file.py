"""Tensors in a file with a checksum of all that it holds: the format of safetensors has none of its own."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


def save_checked(path: Path, tensors: dict[str, Tensor], said: str) -> bool:
    """Writes tensors and a text under a temporary name and renames it; whether that was possible."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary, {"said": said, "digest": _digest(said, tensors)})
        temporary.replace(path)
    except (OSError, SafetensorError):
        with suppress(OSError):
            temporary.unlink()
        return False
    return True


def load_checked(path: Path) -> tuple[dict[str, Tensor], str] | None:
    """The tensors and the text as they were written; None if the file is missing or damaged."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            meta = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        said: str = meta["said"]
        return (tensors, said) if meta["digest"] == _digest(said, tensors) else None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def _digest(said: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.blake2b(said.encode(), digest_size=16)
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(bytes_of(tensors[name]))
    return digest.hexdigest()


def bytes_of(values: Tensor) -> bytes:
    """What a tensor of any type holds."""
    return values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
