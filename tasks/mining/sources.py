"""Where the code comes from: the interpreter's own library, or any folders."""

import hashlib
import os
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import InputError

SKIPPED = frozenset(
    {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "node_modules", "build", "dist"}
)
"""Folders that are never entered; neither are hidden ones and virtual environments."""

MOST_FILES = 2000
"""Of more files than this, those with the smallest hash of their name are taken."""

MOST_BYTES = 1_000_000
"""Larger files are tables or generated code."""


@dataclass(frozen=True)
class SourceFile:
    """One Python file.

    Args:
        name: Path relative to its source folder, with forward slashes; begins with the folder's name where several
            folders were given.
        path: Where it lies.
        data: Its bytes.
    """

    name: str
    path: Path
    data: bytes

    @property
    def package(self) -> str:
        """The top-level folder it lies in; empty for a module that lies at the top."""
        return self.name.rpartition("/")[0].split("/")[0]


def standard_library() -> Path:
    """The folder of the running interpreter's standard library."""
    return Path(sysconfig.get_path("stdlib"))


def read_sources(folders: Sequence[Path] | None = None) -> tuple[SourceFile, ...]:
    """Every Python file below ``folders`` (the standard library if None), without tests, in the order of names.

    Raises:
        InputError: If a folder is missing, or no Python file is found.
    """
    roots = [standard_library()] if folders is None else list(folders)
    found: list[tuple[str, Path]] = []
    for root, prefix in zip(roots, _prefixes(roots), strict=True):
        if not root.is_dir():
            problem = "is a file" if root.exists() else "does not exist"
            raise InputError(f"Expected a folder with Python source, but it {problem}; give a folder.", place=str(root))
        found += [(prefix + path.relative_to(root).as_posix(), path) for path in _python_files(root)]
    if len(found) > MOST_FILES:
        found = sorted(found, key=lambda item: hashlib.sha256(item[0].encode()).digest())[:MOST_FILES]
    files = tuple(SourceFile(name, path, path.read_bytes()) for name, path in sorted(found))
    if not files:
        place = ", ".join(str(root) for root in roots)
        raise InputError("Expected Python files to mine tasks from, but found none; give other folders.", place=place)
    return files


def _prefixes(roots: Sequence[Path]) -> list[str]:
    """What stands before the names of each folder's files; two folders of one name are numbered."""
    names = [root.resolve().name for root in roots]
    numbered = [
        f"{name}-{names[:place].count(name) + 1}" if names.count(name) > 1 else name for place, name in enumerate(names)
    ]
    return [""] if len(roots) == 1 else [f"{name}/" for name in numbered]


def _python_files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(
            name
            for name in below
            if name not in SKIPPED and not name.startswith(".") and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            path = Path(folder) / name
            if name.endswith(".py") and path.is_file() and path.stat().st_size <= MOST_BYTES:
                yield path


def fingerprint(files: Sequence[SourceFile]) -> str:
    """SHA-256 over the names, sizes and contents of ``files``."""
    whole = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.data).hexdigest()
        whole.update(f"{file.name}\0{len(file.data)}\0{content}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()
