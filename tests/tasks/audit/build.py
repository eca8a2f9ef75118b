"""Small tasks and random texts for the tests of the audit."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from tasks.audit.near import near_pairs
from tasks.audit.texts import Corpus, corpus
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from tasks.task import SPLITS, Rows, Task

Texts = Sequence[tuple[str, ...] | str]


def make_task(
    name: str,
    texts: Mapping[str, Texts],
    *,
    targets: Mapping[str, ArrayLike] | None = None,
    units: Mapping[str, Sequence[int]] | None = None,
    kind: str = "binary",
    classes: tuple[str, ...] = ("no", "yes"),
    metric: str = "accuracy",
) -> Task:
    """A task from the texts of its splits: strings, or tuples of one string per side; labels alternate if not given."""
    splits, start = {}, 0
    width = 1 if isinstance(texts["train"][0], str) else len(texts["train"][0])
    for split in SPLITS:
        rows = [(row,) if isinstance(row, str) else row for row in texts.get(split, ())]
        sides = tuple(zip(*rows, strict=True)) if rows else ((),) * width
        labels = np.asarray(targets[split]) if targets else np.arange(len(rows)) % 2
        own = np.asarray(units[split]) if units else np.arange(start, start + len(rows))
        splits[split] = Rows(sides, labels, own.astype(np.int64))
        start += len(rows)
    return Task(name, KINDS[kind], classes, METRICS[metric], 1.0, splits, fingerprint=name)


def sentences(count: int, *, seed: int, words: int = 12, vocabulary: int = 5000) -> list[str]:
    """Random texts that are far from each other: words of a large vocabulary."""
    numbers = np.random.default_rng(seed).integers(vocabulary, size=(count, words))
    return [" ".join(f"w{number}" for number in row) for row in numbers.tolist()]


def clean_texts(seed: int, *, rows: int = 60) -> dict[str, list[str]]:
    """Texts for the four splits without anything in common."""
    texts = sentences(4 * rows, seed=seed)
    return {split: texts[rows * part : rows * (part + 1)] for part, split in enumerate(SPLITS)}


def relation_of(*tasks: Task, near: float = 0.8) -> tuple[Corpus, "csr_array[np.int32]"]:
    """The texts of some tasks and the relation "equal or near" on them."""
    texts = corpus(tasks)
    return texts, near_pairs(texts.shingles, threshold=near).relation()
