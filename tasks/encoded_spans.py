"""Texts with a label for every line or word: which token each label is read at."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.encoding import AT_ONCE, EncodedRows, Tokenize, Tokens
from tasks.errors import InputError
from tasks.kinds.spans import NONE, flat_targets, padded
from tasks.spans import Offsets, last_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasks.task import Rows, Task


def encode_spans(
    task: "Task",
    index: Mapping[str, int],
    tokens: Tokens,
    cut: "NDArray[np.bool_]",
    tokenize: Tokenize,
    *,
    max_length: int,
) -> dict[str, EncodedRows]:
    """The splits of a task whose texts have a label for every span.

    A label is read at the last token of its line or word. Labels of blank lines, and of what lies behind the cut, are
    left out: the second kind is counted.

    Args:
        index: Of every distinct text in ``tokens``.
        tokens: Of the distinct texts.
        cut: Which of them were cut.

    Raises:
        InputError: If no label of a text is left, or those of a split are all of one class.
        ValueError: If the tokenizer does not tell where tokens stand.
    """
    offsets = offsets_of(list(index), tokenize, max_length=max_length)
    read = {name: _places(rows, index, offsets, task.name) for name, rows in task.splits.items()}
    kept = {name: padded([own[at >= 0] for own, at in _pairs(rows, read[name])]) for name, rows in task.splits.items()}
    splits = {}
    for name, rows in task.splits.items():
        if len(np.unique(flat_targets(kept[name]))) < 2:
            raise InputError(
                f"within {max_length} tokens, all labels of {name} are of one class; raise `max_length`",
                place=f"tasks.{task.name}.max_length",
            )
        positions = np.fromiter(map(index.__getitem__, rows.texts[0]), dtype=np.int64, count=len(rows))
        blank = sum(int((spans[:, 0] == spans[:, 1]).sum()) for spans in rows.spans)
        splits[name] = EncodedRows(
            sides=(tokens.take(positions),),
            targets=kept[name],
            units=rows.units,
            prior_loss=task.kind.prior_loss(kept["train"], kept[name]),
            truncated=(int(cut[positions].sum()),),
            read_at=padded([at[at >= 0] for at in read[name]]),
            unread=sum(int((at < 0).sum()) for at in read[name]) - blank,
        )
    return splits


def offsets_of(texts: list[str], tokenize: Tokenize, *, max_length: int) -> list[Offsets]:
    """Where the tokens of texts stand.

    Raises:
        ValueError: If the tokenizer does not tell.
    """
    tell: Any = getattr(tokenize, "offsets", None)
    if tell is None:
        raise ValueError("Expected a tokenizer that tells where tokens stand, with a method `offsets`, but got none.")
    found: list[Offsets] = []
    for start in range(0, len(texts), AT_ONCE):
        found += tell(texts[start : start + AT_ONCE], max_length)
    return found


def _places(rows: "Rows", index: Mapping[str, int], offsets: list[Offsets], task: str) -> "list[NDArray[np.int32]]":
    """Position of the token that every label of every text is read at, -1 where there is none."""
    found = []
    for row, (text, spans) in enumerate(zip(rows.texts[0], rows.spans, strict=True)):
        at = last_tokens(spans, offsets[index[text]])
        if (at < 0).all():
            where = rows.places[row] if rows.places else f"row {row}"
            raise InputError(
                f"no label of {where} is left: its first {len(offsets[index[text]])} tokens hold none of what is "
                "labelled; raise `max_length` or drop the row",
                place=f"tasks.{task}",
            )
        found.append(at)
    return found


def _pairs(rows: "Rows", read: "list[NDArray[np.int32]]") -> "list[tuple[NDArray[np.int32], NDArray[np.int32]]]":
    """Targets of every text's spans, with the token of each."""
    return [(own[own != NONE], at) for own, at in zip(rows.targets, read, strict=True)]
