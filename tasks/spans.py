"""What a label of a `tokens` task stands for: a line of a text, or a word of a list of words.

A *span* is a stretch of the text, without the white space around it. It is read at its last token: a decoder has then
seen all of it, and to an encoder it makes no difference.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError
from tasks.examples import Examples, encodable
from tasks.values import in_words, missing

Spans = NDArray[np.int32]
"""Where the ``K`` spans of a text begin and end, in characters, shape ``(K, 2)``; a blank one ends where it begins."""
Offsets = Sequence[tuple[int, int]]
"""Where every token of a text begins and ends, in characters; special tokens end where they begin."""


def spanned_texts(examples: Examples, column: str, *, place: str) -> tuple[tuple[str, ...], tuple[Spans, ...], str]:
    """Texts, their spans, and what a span is: ``line`` of a column of texts, ``word`` of one of lists of words.

    Words are joined by a space.

    Raises:
        InputError: If a table has no such column, or a value is missing or of another sort than the others.
    """
    found = examples.raw(column, place=place)
    if not any(isinstance(value, list) for value in found):
        texts = examples.texts(column, place=place)
        return texts, tuple(map(line_spans, texts)), "line"
    joined, spans = [], []
    for row, words in enumerate(found):
        if not isinstance(words, list):
            raise InputError(
                f"column `{column}` holds {in_words(words)} in {examples.where(row)}; expected a list of words, as in "
                "other rows",
                place=place,
            )
        for word in words:
            if not isinstance(word, str):
                raise InputError(
                    f"the list in {examples.where(row)} holds {in_words(word)}; expected texts", place=place
                )
        if not all(map(encodable, words)):
            raise InputError(f"column `{column}` has half a surrogate pair in {examples.where(row)}", place=place)
        if all(map(missing, words)):
            raise InputError(f"the list in {examples.where(row)} has no word; drop the row", place=place)
        joined.append(" ".join(words))
        spans.append(word_spans(words))
    return tuple(joined), tuple(spans), "word"


def line_spans(text: str) -> Spans:
    r"""Of the lines of a text, which end with ``\n``; the last may do so too.

    >>> line_spans("if x:\n    y()\n").tolist()
    [[0, 5], [10, 13]]
    """
    return word_spans(text.removesuffix("\n").split("\n"))


def word_spans(words: Sequence[str]) -> Spans:
    """Of words that one character joins, such as a space.

    >>> word_spans(["a", "", "New York "]).tolist()
    [[0, 1], [2, 2], [3, 11]]
    """
    found, start = [], 0
    for word in words:
        bare = word.strip()
        first = start + (word.index(bare) if bare else 0)
        found.append((first, first + len(bare)))
        start += len(word) + 1
    return np.asarray(found, dtype=np.int32).reshape(-1, 2)


def last_tokens(spans: Spans, offsets: Offsets) -> NDArray[np.int32]:
    """Position of the last token that holds some of every span, -1 where none does; shape ``(K,)``.

    Of a span that is cut, it is the last token that is left.
    """
    places: NDArray[Any] = np.asarray(offsets, dtype=np.int64).reshape(-1, 2)  # shape: (L, 2)
    real = np.flatnonzero(places[:, 1] > places[:, 0])
    begins = np.maximum.accumulate(places[real, 0])
    # the last token that begins before the span's end, if it ends after the span's beginning
    index = np.searchsorted(begins, spans[:, 1], side="left") - 1  # shape: (K,)
    held = index >= 0
    held[held] = places[real[index[held]], 1] > spans[held, 0]
    held &= spans[:, 1] > spans[:, 0]
    found = np.full(len(spans), -1, dtype=np.int32)
    found[held] = real[index[held]]
    return found


def check_counts(spans: Sequence[Spans], targets: NDArray[Any], examples: Examples, *, what: str, place: str) -> None:
    """Whether every text has as many labels as spans.

    Args:
        targets: Padded, shape ``(N, U)``.
        what: What a span is.

    Raises:
        InputError: If one has another number.
    """
    labels = (targets >= 0).sum(axis=1)
    for row, (of, count) in enumerate(zip(spans, labels.tolist(), strict=True)):
        if len(of) != count:
            more = "; a newline at the very end begins no line" if what == "line" else ""
            raise InputError(
                f"{count} label{'s' * (count != 1)} for the {len(of)} {what}{'s' * (len(of) != 1)} in "
                f"{examples.where(row)}, expected one for each{more}",
                place=place,
            )
