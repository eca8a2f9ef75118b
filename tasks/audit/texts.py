"""Every text of a suite, once: what counts as equal, and the shingles that tell what counts as near."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasks.task import Rows, Task

SHINGLE = 3
"""Tokens per shingle."""

TOKEN = re.compile(r"\w+|[^\w\s]")


def normalise(text: str) -> str:
    """The form in which texts are compared for equality: NFC, white space collapsed, case kept.

    Case is kept because it carries meaning in code; texts that differ only in case or in spaces between tokens are
    near duplicates with a Jaccard similarity of 1.
    """
    joined = " ".join(text.split())
    return joined if joined.isascii() else unicodedata.normalize("NFC", joined)


def tokens(normalised: str) -> list[str]:
    """Words and single punctuation marks, case folded."""
    return TOKEN.findall(normalised.casefold())


@dataclass(frozen=True, eq=False)
class Corpus:
    """The ``D`` distinct texts of some tasks.

    Args:
        ids: By task and split: which text every row has on every side, shape ``(N, sides)``; of kind `text`, prompts
            alone.
        shingles: Which of the ``V`` distinct shingles a text has, entries 1, shape ``(D, V)``.
    """

    ids: "Mapping[tuple[str, str], NDArray[np.int64]]"
    shingles: "csr_array[np.int32]"

    def __len__(self) -> int:
        return int(self.shingles.shape[0])


def corpus(tasks: "Sequence[Task]") -> Corpus:
    """Numbers the distinct texts of ``tasks`` in the order in which they first appear."""
    numbers: dict[str, int] = {}
    ids = {
        (task.name, split): np.array(
            [[numbers.setdefault(normalise(text), len(numbers)) for text in side] for side in _read(task, rows)],
            dtype=np.int64,
        ).T
        for task in tasks
        for split, rows in task.splits.items()
    }
    return Corpus(ids, shingles(list(numbers)))


def _read(task: "Task", rows: "Rows") -> tuple[tuple[str, ...], ...]:
    """Sides that are compared: completions are answers."""
    return rows.texts[:1] if task.kind.name == "text" else rows.texts


def shingles(texts: Sequence[str]) -> "csr_array[np.int32]":
    """Incidence of texts and their runs of :data:`SHINGLE` tokens, shape ``(D, V)``.

    A text of fewer tokens has one shingle, a text without tokens none. Shingles are numbered, not hashed: two of
    them are equal only if their tokens are.
    """
    vocabulary: dict[str, int] = {}
    lists = [[vocabulary.setdefault(token, len(vocabulary) + 1) for token in tokens(text)] for text in texts]
    padded = [words + [0] * (SHINGLE - len(words)) if words else words for words in lists]  # 0: no token
    lengths = np.array([len(words) for words in padded], dtype=np.int64)  # shape: (D,)
    flat = np.array([word for words in padded for word in words], dtype=np.int64)  # shape: (total,)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(flat))  # tokens from here to the text's end
    starts = np.flatnonzero(left >= SHINGLE)
    codes = np.zeros(len(starts), dtype=np.int64)
    for offset in range(SHINGLE):
        # renumbering after every token keeps the product below 2^63
        codes = np.unique(codes * (len(vocabulary) + 1) + flat[starts + offset], return_inverse=True)[1]
    owners = np.repeat(np.arange(len(lengths)), lengths)[starts]
    width = int(codes.max(initial=-1)) + 1
    cells = np.unique(owners * max(width, 1) + codes)  # a shingle counts once in a text
    indices = (cells % max(width, 1)).astype(np.int32)
    pointers = np.searchsorted(cells, np.arange(len(lengths) + 1) * max(width, 1)).astype(np.int32)
    return csr_array((np.ones(len(cells), dtype=np.int32), indices, pointers), shape=(len(lengths), width))
