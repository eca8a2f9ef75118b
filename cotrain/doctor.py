"""What a report of a problem needs to say about the machine, on one page."""

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cotrain.cores import allowed_cores, quota, usable_cores
from cotrain.shadow import ROOT, active_shadows, possible_shadows
from cotrain.versions import own_version, version
from tasks.errors import InputError

PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "optuna",
    "numpy",
    "pandas",
    "scikit-learn",
    "pydantic",
    "typer",
)
"""Packages whose versions matter."""


@dataclass(frozen=True)
class Check:
    """One line of the page.

    Args:
        name: What was looked at.
        found: What was found, in words.
        remedy: What to do about it; empty where all is well.
    """

    name: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.name:<14} {self.found}" + (f"\n{'':<14} ! {self.remedy}" if self.remedy else "")


def examine(folder: Path) -> list[Check]:
    """Looks at versions, cores, devices, the embedded model, caches, and files in ``folder`` that hide ours.

    A look that fails is a line too.
    """
    looks: tuple[Callable[[], Iterator[Check]], ...] = (
        _versions,
        _cores,
        _devices,
        _embedded,
        _caches,
        lambda: _shadows(folder),
    )
    return [check for look in looks for check in _whatever(look)]


def _whatever(look: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(look())
    except Exception as error:
        text = " ".join(str(error).split())
        return [Check(look.__name__.strip("_"), f"{type(error).__name__}: {text}", "this look failed")]


def _versions() -> Iterator[Check]:
    yield Check("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Check("cotrain", f"{own_version()} in {ROOT}")
    for package in PACKAGES:
        found = version(package)
        yield Check(package, found, f"pip install {package}" if found == "not installed" else "")


def _cores() -> Iterator[Check]:
    limit = quota()
    container = "" if limit is None else f", a quota of {limit:g}"
    yield Check("cores", f"{os.cpu_count()} in the machine, {allowed_cores()} allowed{container}")
    threads = os.environ.get("OMP_NUM_THREADS", "")
    many = threads.isdigit() and int(threads) > usable_cores()
    remedy = f"more threads than cores are slow; set OMP_NUM_THREADS={usable_cores()} or less" if many else ""
    yield Check("threads", f"OMP_NUM_THREADS is {threads or 'not set'}", remedy)


def _devices() -> Iterator[Check]:
    import torch

    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(index)
            name = torch.cuda.get_device_name(index)
            yield Check(f"cuda:{index}", f"{name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free")
        yield Check("bf16", "yes" if torch.cuda.is_bf16_supported() else "no; the base model runs in fp32")
    elif torch.backends.mps.is_available():
        yield Check("device", "mps; the base model runs in fp32")
    else:
        built = torch.version.cuda
        reason = f"torch is built for CUDA {built}, but finds no GPU" if built else "torch is built without CUDA"
        yield Check("device", f"cpu ({reason}); the base model runs in fp32")


def _embedded() -> Iterator[Check]:
    from trainers.checkpoint import EMBEDDED, find_checkpoint

    try:
        found = find_checkpoint(EMBEDDED)
    except InputError as error:
        yield Check("embedded model", "not usable", error.message)
    else:
        yield Check("embedded model", f"sha256 {found.identity[:12]}..., as expected")


def _caches() -> Iterator[Check]:
    from tasks.cache import cache_folder

    folder = cache_folder()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            yield Check("cache", f"{folder}, writable")
    except OSError as error:
        yield Check("cache", f"{folder}, {error.strerror}", "name another folder in COTRAIN_CACHE")
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    yield Check("model hub", "HF_HUB_OFFLINE is set: only what is cached" if offline else "asked only for hub names")


def _shadows(folder: Path) -> Iterator[Check]:
    found = [*active_shadows(), *possible_shadows(folder)]
    for shadow in found:
        yield Check("hidden package", str(shadow), "" if shadow.active else "rename it before you import cotrain there")
    if not found:
        yield Check("names", "no file here hides a package of cotrain")
