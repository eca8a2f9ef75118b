"""A task as trainers see it: its texts as tokens, whatever its kind."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tasks.completions import encode_completions
from tasks.encoded_spans import encode_spans
from tasks.encoding import EncodedRows, EncodedTask, Tokenize, Tokenizer, Tokens, tokenized, tokens_of
from tasks.fingerprint import fingerprint
from tasks.task import Rows, Task


def encode(task: Task, tokenize: Tokenize, *, max_length: int) -> EncodedTask:
    """Tokenizes every distinct text of ``task`` once.

    Equal documents of a retrieval split become one candidate, so that the pool holds no second right answer.

    Args:
        task: What to encode.
        tokenize: Cuts at the length that it is given.
        max_length: Tokens per text, unless the task has its own.

    Raises:
        InputError: If a text gives no token.
        ValueError: If ``tokenize`` gives another number of texts, or more tokens than it may.
    """
    limit = task.max_length or max_length
    if task.kind.name == "text":
        return encode_completions(task, cast("Tokenizer", tokenize), max_length=limit)
    index: dict[str, int] = {}
    for rows in task.splits.values():
        for side in rows.texts:
            for text in side:
                index.setdefault(text, len(index))
    distinct = list(index)
    tokens = tokens_of(distinct, tokenize, max_length=limit, place=f"tasks.{task.name}")
    # a text that just fits is told from one that was cut by allowing one token more
    full = np.flatnonzero(tokens.lengths == limit)
    longer = tokenized([distinct[position] for position in full], tokenize, limit + 1).lengths > limit
    cut = np.zeros(len(distinct), dtype=np.bool_)
    cut[full] = longer
    train_targets = task.splits["train"].targets
    if task.kind.placed:
        splits = encode_spans(task, index, tokens, cut, tokenize, max_length=limit)
    else:
        splits = {
            name: _encode_rows(
                rows, index, tokens, cut, task.kind.pooled, task.kind.prior_loss(train_targets, rows.targets)
            )
            for name, rows in task.splits.items()
        }
    digest = fingerprint(
        *("encoded", task.fingerprint, limit),
        *(
            (name, tuple(part for side in rows.sides for part in (side.ids, side.offsets)), rows.targets)
            for name, rows in splits.items()
        ),
        *((name, rows.read_at) for name, rows in splits.items() if rows.read_at is not None),
    )
    return EncodedTask(
        task.name, task.kind, task.outputs, task.metric, task.margin, splits, digest, task.classes, task.weight
    )


def _encode_rows(
    rows: Rows, index: Mapping[str, int], tokens: Tokens, cut: NDArray[np.bool_], pooled: bool, prior_loss: float
) -> EncodedRows:
    positions = [np.fromiter(map(index.__getitem__, side), dtype=np.int64, count=len(side)) for side in rows.texts]
    targets = rows.targets
    if pooled:
        _, first, inverse = np.unique(targets, return_index=True, return_inverse=True)
        order = np.argsort(first)  # candidates in the order of their first appearance
        targets = np.argsort(order)[inverse].astype(np.int64)
        positions[-1] = positions[-1][first[order]]
    sides = tuple(tokens.take(position) for position in positions)
    truncated = tuple(int(cut[position].sum()) for position in positions)
    return EncodedRows(sides, targets, rows.units, prior_loss, truncated, pooled)
