"""Small sources as the corpus of one split, for labels worked out by hand."""

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np

from tasks.mining import BUILTIN
from tasks.mining.corpus import Corpus, build_corpus
from tasks.mining.normalise import AnyFunction, is_function
from tasks.mining.recipe import Row
from tasks.mining.sources import SourceFile


def corpus_of(*sources: str, folder: Path = Path(), names: tuple[str, ...] = ()) -> Corpus:
    """A corpus whose split ``train`` holds ``sources``, one file each: ``a.py``, ``b.py``... or ``names``."""
    files = []
    for place, source in enumerate(sources):
        name = names[place] if names else f"{'abcdefgh'[place]}.py"
        files.append(SourceFile(name, folder / name, dedent(source).encode()))
    return build_corpus(files, {"train": 1.0}, 0)


def rows_of(task: str, *sources: str, names: tuple[str, ...] = ()) -> list[Row]:
    """All candidate rows that a built-in recipe makes of ``sources``."""
    return list(candidates(task, corpus_of(*sources, names=names)))


def candidates(task: str, corpus: Corpus) -> Iterator[Row]:
    """All candidate rows of the split ``train``."""
    return BUILTIN[task].examples(corpus, "train", np.random.default_rng(0))


def function(source: str) -> AnyFunction:
    """The first statement of ``source``, a function."""
    node = ast.parse(dedent(source)).body[0]
    assert is_function(node)
    return node
