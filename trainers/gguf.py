"""Base models in GGUF files: converted once to a folder of plain weights that every process then reads fast."""

import contextlib
import importlib.util
import io
import os
import shutil
from pathlib import Path
from typing import Any

from tasks.cache import cache_folder
from tasks.errors import InputError
from trainers.quiet import quiet

NEEDED = ("gguf", "accelerate")
"""What `transformers` reads the files with."""


def converted(file: Path, *, digest: str) -> Path:
    """The folder with configuration, tokenizer and fp32 safetensors of a GGUF file, in the cache.

    Quantised weights are written as the numbers that they stand for.

    Args:
        digest: SHA-256 of the file.

    Raises:
        InputError: If a package is missing, or the file is damaged or of an architecture that `transformers` does not
            read.
    """
    folder = cache_folder() / "gguf" / digest[:32]
    if (folder / "config.json").is_file():
        return folder
    missing = [package for package in NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            f'reading GGUF needs the package {" and ".join(missing)}; run `pip install "cotrain[gguf]"`',
            place=f"base_model: {file}",
        )
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        _convert(file, temporary)
        if not folder.exists():
            temporary.rename(folder)
    except InputError:
        raise
    except Exception as error:  # the reading libraries raise anything on a damaged file
        line = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(f"cannot read this GGUF file: {line}", place=f"base_model: {file}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _convert(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    place: dict[str, Any] = {
        "pretrained_model_name_or_path": str(file.parent),
        "gguf_file": file.name,
        "trust_remote_code": False,  # or files beside it could ask for their code to be run
    }
    folder.mkdir(parents=True)
    with quiet(), contextlib.redirect_stderr(io.StringIO()):  # bars that cannot be turned off
        read: Any = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
        config = AutoConfig.from_pretrained(**place)
        config.torch_dtype = torch.float32
        plain: Any = AutoModelForCausalLM.from_config(config)
        plain.load_state_dict(read.state_dict())
        AutoTokenizer.from_pretrained(**place).save_pretrained(folder)
        plain.save_pretrained(folder)
