"""What a report of a problem needs to say about the machine, on one page."""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from cotrain.cores import allowed_cores, quota, usable_cores
from cotrain.shadow import ROOT, active_shadows, possible_library_shadows, possible_shadows
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
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that say how many threads a process computes with."""
LITTLE = 2**30
"""Bytes below which a disk is nearly full: a run of small tasks caches some hundred MB, of large ones more."""

Level = Literal["fine", "advice", "wrong"]
MARKS = {"advice": ">", "wrong": "!"}
"""What stands before a remedy."""


@dataclass(frozen=True)
class Check:
    """One line of the page, and one of what to do.

    Args:
        name: What was looked at.
        found: What was found, in words.
        remedy: What to do about it; empty where all is well.
        level: How much that matters: `advice` could be better, `wrong` has to be seen to.
    """

    name: str
    found: str
    remedy: str = ""
    level: Level = "fine"

    def __str__(self) -> str:
        return f"{self.name:<14} {self.found}" + (
            f"\n{'':<14} {MARKS[self.level]} {self.remedy}" if self.remedy else ""
        )


def wrong(name: str, found: str, remedy: str) -> Check:
    """What has to be seen to."""
    return Check(name, found, remedy, "wrong")


def advice(name: str, found: str, remedy: str) -> Check:
    """What could be better."""
    return Check(name, found, remedy, "advice")


def to_dict(checks: list[Check]) -> dict[str, Any]:
    """The object of ``cotrain doctor --json``."""
    return {
        "schema": 1,
        "ok": all(check.level != "wrong" for check in checks),
        "checks": [asdict(check) for check in checks],
    }


def examine(folder: Path) -> list[Check]:
    """Looks at versions, cores, devices, the embedded model, caches, disks, and files in ``folder`` that hide others.

    A look that fails is a line too.
    """
    from cotrain.doctor_numbers import devices, numbers

    looks: tuple[Callable[[], Iterator[Check]], ...] = (
        _versions,
        _cores,
        devices,
        numbers,
        _embedded,
        _caches,
        lambda: _disks(folder),
        lambda: _shadows(folder),
    )
    return [check for look in looks for check in _whatever(look)]


def _whatever(look: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(look())
    except Exception as error:
        text = " ".join(str(error).split())
        return [wrong(look.__name__.strip("_<>"), f"{type(error).__name__}: {text}", "this look failed")]


def _versions() -> Iterator[Check]:
    yield Check("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Check("cotrain", f"{own_version()} in {ROOT}")
    for package in PACKAGES:
        found = version(package)
        missing = found == "not installed"
        yield wrong(package, found, f"pip install {package}") if missing else Check(package, found)


def _cores() -> Iterator[Check]:
    limit = quota()
    container = "" if limit is None else f", a quota of {limit:g}"
    yield Check("cores", f"{os.cpu_count()} in the machine, {allowed_cores()} allowed{container}")
    usable = usable_cores()
    given = {name: os.environ[name] for name in THREADS if os.environ.get(name)}
    found = ", ".join(f"{name} is {value}" for name, value in given.items()) or f"{THREADS[0]} is not set"
    many = [name for name, value in given.items() if value.isdigit() and int(value) > usable]
    if not given:
        import torch

        found += f", torch takes {torch.get_num_threads()}"
        many = [THREADS[0]] if torch.get_num_threads() > usable else []
    if many:
        remedy = f"more threads than cores are slow; set {' and '.join(f'{name}={usable}' for name in many)} or less"
        yield wrong("threads", found, remedy)
    else:
        yield Check("threads", found)


def _embedded() -> Iterator[Check]:
    from trainers.checkpoint import EMBEDDED, find_checkpoint

    try:
        found = find_checkpoint(EMBEDDED)
    except InputError as error:
        yield wrong("embedded model", "not usable", error.message)
    else:
        yield Check("embedded model", f"sha256 {found.identity[:12]}..., as expected")


def _caches() -> Iterator[Check]:
    from tasks.cache import cache_folder

    folder = cache_folder()
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)):
            yield Check("cache", f"{folder}, writable")
    except OSError as error:
        yield wrong("cache", f"{folder}, {error.strerror}", "name another folder in COTRAIN_CACHE")
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    yield Check("model hub", "HF_HUB_OFFLINE is set: only what is cached" if offline else "asked only for hub names")


def _disks(folder: Path) -> Iterator[Check]:
    from tasks.cache import cache_folder

    places = {"for the cache": (cache_folder(), "COTRAIN_CACHE"), "for run folders here": (folder, "--out")}
    free = {name: shutil.disk_usage(_nearest(place)).free for name, (place, _) in places.items()}
    found = ", ".join(f"{size / 2**30:.1f} GiB free {name}" for name, size in free.items())
    full = [places[name][1] for name, size in free.items() if size < LITTLE]
    if full:
        yield wrong("disk", found, f"free some, or name a folder on another disk in {' and '.join(full)}")
    else:
        yield Check("disk", found)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _shadows(folder: Path) -> Iterator[Check]:
    active = active_shadows()
    for shadow in active:
        yield wrong("hidden package", str(shadow), "rename it, or start in another folder")
    possible = [*possible_shadows(folder), *possible_library_shadows(folder)]
    for shadow in possible:
        yield wrong("hidden package", str(shadow), "rename it before you import cotrain there")
    if not active and not possible:
        yield Check("names", "no file here hides a package of cotrain, a library or a module of Python")
