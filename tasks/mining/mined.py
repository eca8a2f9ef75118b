"""From source files to a cached folder of JSONL files and the suite entries that read them."""

import gc
import hashlib
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.errors import InputError, did_you_mean
from tasks.mining.builtin import BUILTIN
from tasks.mining.corpus import Corpus, build_corpus
from tasks.mining.draw import draw, frequent
from tasks.mining.files import read_note, write_task
from tasks.mining.findings import linter_version
from tasks.mining.recipe import SPLITS, Recipe, Row, Sizes
from tasks.mining.sources import SourceFile, fingerprint, read_sources

FEWEST = 8
"""A split with fewer examples makes no task."""


@dataclass(frozen=True, eq=False)
class Mined:
    """Mined tasks on disk.

    Args:
        folder: Holds ``<task>/train.jsonl``, ``validation.jsonl`` and ``test.jsonl``.
        tasks: Entries for a suite's ``tasks``, by name; paths of data are relative to ``folder``.
        counts: Examples by task and split.
        descriptions: What every task asks and how its classes are balanced.
    """

    folder: Path
    tasks: Mapping[str, Mapping[str, Any]]
    counts: Mapping[str, Mapping[str, int]]
    descriptions: Mapping[str, str]


def mine(
    names: Sequence[str],
    *,
    sources: Sequence[Path] | None = None,
    sizes: Sizes | None = None,
    seed: int,
    cache: Path,
) -> Mined:
    """Makes built-in tasks from Python source, or finds them made.

    The same interpreter, sources, sizes and seed give the same bytes, whatever other tasks are asked for. Files are
    parsed only if a task is missing in the cache; each task is written under a temporary name and renamed.

    Args:
        names: Names of recipes in :data:`tasks.mining.BUILTIN`.
        sources: Folders with Python code; the interpreter's standard library if None. Of more than
            :data:`tasks.mining.sources.MOST_FILES` files a fixed sample is read.
        sizes: Most examples per split, :class:`Sizes` if None. Files are divided as the square roots of the sizes: what
            is rare would be scarce in a small split otherwise.
        seed: Seed of the splits and of every draw.
        cache: Folder that keeps mined tasks; made if it is missing.

    Raises:
        InputError: If a name is unknown, the sources hold no Python function, a task finds too few examples, or the
            cache cannot be written.
    """
    for name in names:
        if name not in BUILTIN:
            known = ", ".join(BUILTIN)
            raise InputError(f"Expected a built-in task ({known}), but got `{name}`{did_you_mean(name, BUILTIN)}")
    sizes = sizes or Sizes()
    files = read_sources(sources)
    folder = cache / _key(files, sizes, seed)
    notes = {name: read_note(folder, name) for name in names}
    missing = [name for name, note in notes.items() if note is None]
    if missing:
        with _collector_paused():
            corpus = build_corpus(files, {split: sizes.of(split) ** 0.5 for split in SPLITS}, seed)
            for name in missing:
                fields = {**BUILTIN[name].fields, "group_by": "file"}
                notes[name] = write_task(folder, name, fields, _rows(BUILTIN[name], corpus, sizes, seed))
    found = {name: note for name, note in notes.items() if note is not None}
    return Mined(
        folder=folder,
        tasks={name: note["entry"] for name, note in found.items()},
        counts={name: note["counts"] for name, note in found.items()},
        descriptions={name: BUILTIN[name].description for name in found},
    )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Syntax trees hold no cycles; looking for some takes three times as long as parsing."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _key(files: Sequence[SourceFile], sizes: Sizes, seed: int) -> str:
    interpreter = f"{sys.implementation.name}-{'.'.join(map(str, sys.version_info[:3]))}"
    parts = [interpreter, np.__version__, linter_version(), _code_version(), repr(sizes), str(seed), fingerprint(files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _code_version() -> str:
    """SHA-256 over this package's own files."""
    whole = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _rows(recipe: Recipe, corpus: Corpus, sizes: Sizes, seed: int) -> dict[str, list[Row]]:
    generators = {
        split: np.random.default_rng([seed, zlib.crc32(recipe.name.encode()), place])
        for place, split in enumerate(SPLITS)
    }
    candidates = {split: recipe.examples(corpus, split, generators[split]) for split in SPLITS}
    classes = recipe.classes
    if isinstance(classes, int):
        listed = {split: list(rows) for split, rows in candidates.items()}
        candidates = {split: iter(rows) for split, rows in listed.items()}
        classes = frequent(listed, recipe.label, classes, sizes)
        if len(classes) < 2:
            raise _too_few(recipe, f"{len(classes)} classes that every split has examples of", "2")
    seen: list[set[str]] = [set() for _ in recipe.texts]
    drawn = {
        split: draw(rows, size=sizes.of(split), texts=recipe.texts, seen=seen, label=recipe.label, classes=classes)
        for split, rows in candidates.items()
    }
    if any(len(drawn[split]) < min(FEWEST, sizes.of(split)) for split in SPLITS):
        counts = ", ".join(f"{len(rows)} in {split}" for split, rows in drawn.items())
        raise _too_few(recipe, f"{counts}", f"{FEWEST} examples in each split")
    return drawn


def _too_few(recipe: Recipe, found: str, expected: str) -> InputError:
    return InputError(
        f"Expected at least {expected}, but the sources give {found}; give more source or leave the task out.",
        place=f"tasks.{recipe.name}",
    )
