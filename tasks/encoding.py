"""Texts to tokens, once: flat arrays that every run, worker and cache shares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tasks.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasks.kinds import Kind
    from tasks.metrics import Metric

Tokenize = Callable[[Sequence[str], int], list[list[int]]]
"""Texts and a maximal length to token ids, special tokens included."""


class Tokenizer(Protocol):
    """What tasks with several targets per text need of a tokenizer; a :data:`Tokenize` too."""

    def __call__(self, texts: Sequence[str], max_length: int, /) -> list[list[int]]:
        """Token ids, special tokens included; texts over the maximal length are cut."""

    def offsets(self, texts: Sequence[str], max_length: int) -> list[list[tuple[int, int]]]:
        """Where every token of :meth:`__call__` begins and ends in its text, in characters."""

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of parts of texts, without special tokens."""

    @property
    def start(self) -> tuple[int, ...]:
        """What stands before every text."""

    @property
    def end(self) -> int | None:
        """What ends a text, if anything does."""

    @property
    def size(self) -> int:
        """Tokens that there are."""


AT_ONCE = 1024
"""Texts per call of the tokenizer, so that lists of Python numbers stay small."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """Token ids of ``N`` texts, one after the other.

    Args:
        ids: Shape ``(total,)``.
        offsets: Text ``i`` is ``ids[offsets[i]:offsets[i + 1]]``; shape ``(N + 1,)``.
    """

    ids: "NDArray[np.int32]"
    offsets: "NDArray[np.int64]"

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> "NDArray[np.int64]":
        """Tokens per text, shape ``(N,)``."""
        return np.diff(self.offsets)

    def text(self, row: int) -> "NDArray[np.int32]":
        """Token ids of one text."""
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    def take(self, rows: "NDArray[np.int64]") -> "Tokens":
        """The texts at ``rows``, in that order and as often."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # position in the new array minus where its text starts there, plus where the text starts here
        source = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Tokens(self.ids[source], offsets)


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """One split, tokenized.

    Args:
        sides: Tokens of the ``N`` texts per side. Retrieval: queries (``N``) and *distinct* documents (``P``), in the
            order of their first appearance.
        targets: As in :class:`tasks.task.Rows`; retrieval: the document's index in ``sides[1]``, shape ``(N,)``.
        units: Which examples belong together, shape ``(N,)``.
        prior_loss: Mean loss of the constant predictor (fitted on train) on this split.
        truncated: Texts per side that were cut at the maximal length.
        pooled: True if the last side is the pool of ``P`` candidates.
        read_at: Tokens of the text whose states are read, one for each target, shape ``(N, U)``, -1 where there is no
            target; None where a text is read as a whole.
        unread: Targets that were left out, as what they stand for was cut.
    """

    sides: tuple[Tokens, ...]
    targets: "NDArray[Any]"
    units: "NDArray[np.int64]"
    prior_loss: float
    truncated: tuple[int, ...]
    pooled: bool = False
    read_at: "NDArray[np.int32] | None" = None
    unread: int = 0

    def __len__(self) -> int:
        return len(self.units)

    @property
    def lengths(self) -> "NDArray[np.int64]":
        """Tokens per example, summed over its sides, shape ``(N,)``."""
        own = self.sides[:-1] if self.pooled else self.sides
        total = np.sum([side.lengths for side in own], axis=0)
        return np.asarray(total + self.sides[-1].lengths[self.targets] if self.pooled else total, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class EncodedTask:
    """A task as trainers see it: token ids and targets, no text.

    Args:
        fingerprint: SHA-256 over the task's fingerprint, the tokens and the maximal length.
        weight: Factor of the training loss in groups.
    """

    name: str
    kind: "Kind"
    outputs: int
    metric: "Metric"
    margin: float
    splits: Mapping[str, EncodedRows]
    fingerprint: str
    classes: tuple[str, ...]
    weight: float = 1.0

    @property
    def sides(self) -> int:
        """Texts per example."""
        return len(self.splits["train"].sides)

    def answers(self, split: str) -> int:
        """Numbers per example that a metric reads: one per output, or one per place at which a text is read."""
        return int(self.splits[split].targets.shape[1]) if self.kind.placed else self.outputs


def tokens_of(texts: Sequence[str], tokenize: Tokenize, *, max_length: int, place: str) -> Tokens:
    """Tokens of texts, cut at a length.

    Raises:
        InputError: If a text gives no token.
        ValueError: As :func:`tokenized`.
    """
    tokens = tokenized(texts, tokenize, max_length)
    for empty in np.flatnonzero(tokens.lengths == 0).tolist():
        raise InputError(f"the text {texts[empty][:40]!r} gives no token", place=place)
    return tokens


def tokenized(texts: Sequence[str], tokenize: Tokenize, limit: int) -> Tokens:
    """Tokens of texts, of which some may have none.

    Raises:
        ValueError: If ``tokenize`` gives another number of texts, or more tokens than it may.
    """
    ids = [np.empty(0, dtype=np.int32)]
    lengths = [np.zeros(1, dtype=np.int64)]
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        found = tokenize(some, limit)
        if len(found) != len(some) or max(map(len, found)) > limit:
            raise ValueError(
                f"Expected {len(some)} texts of up to {limit} tokens, but got {len(found)}, or a longer one."
            )
        lengths.append(np.fromiter(map(len, found), dtype=np.int64, count=len(found)))
        ids.append(np.fromiter(chain.from_iterable(found), dtype=np.int32, count=int(lengths[-1].sum())))
    return Tokens(np.concatenate(ids), np.cumsum(np.concatenate(lengths)))
