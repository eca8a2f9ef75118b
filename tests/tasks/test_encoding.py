"""Texts to tokens with a tokenizer small enough to do by hand."""

import pickle
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tasks.encode_task import encode
from tasks.encoding import EncodedTask, Tokens
from tasks.errors import InputError
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from tasks.task import SPLITS, Rows, Task

START, END = 1, 2


def tokenize(texts: Sequence[str], limit: int) -> list[list[int]]:
    """A start, one id per character, an end; cut to ``limit``."""
    return [[START, *map(ord, text[: limit - 2]), END] for text in texts]


def task_of(texts: tuple[tuple[str, ...], ...], targets: list[int], kind: str = "binary") -> Task:
    """Every split holds the same rows."""
    rows = Rows(texts, np.array(targets), np.arange(len(targets)))
    classes = () if kind == "retrieval" else ("no", "yes")
    metric = METRICS[KINDS[kind].default_metric]
    return Task("t", KINDS[kind], classes, metric, 1.0, dict.fromkeys(SPLITS, rows), "f" * 64)


PAIR = task_of((("ab", "c"), ("d", "ab")), [0, 1])


def ids(tokens: Tokens) -> list[list[int]]:
    return [tokens.text(row).tolist() for row in range(len(tokens))]


def test_by_hand() -> None:
    encoded = encode(PAIR, tokenize, max_length=8)
    train = encoded.splits["train"]
    assert ids(train.sides[0]) == [[1, 97, 98, 2], [1, 99, 2]]
    assert ids(train.sides[1]) == [[1, 100, 2], [1, 97, 98, 2]]
    assert train.lengths.tolist() == [7, 7]
    assert train.sides[0].ids.dtype == np.int32
    assert train.truncated == (0, 0)
    assert train.prior_loss == pytest.approx(np.log(2))
    assert (encoded.sides, encoded.outputs, encoded.classes) == (2, 1, ("no", "yes"))


def test_only_texts_that_lost_something_count_as_truncated() -> None:
    encoded = encode(task_of((("abc", "abcd", "abcd", "ab"),), [0, 1, 0, 1]), tokenize, max_length=5)
    assert encoded.splits["train"].truncated == (2,)  # "abc" fills the five tokens exactly
    assert ids(encoded.splits["train"].sides[0])[1] == [1, 97, 98, 99, 2]


def test_a_text_is_tokenized_once() -> None:
    seen: list[str] = []

    def counting(texts: Sequence[str], limit: int) -> list[list[int]]:
        seen.extend(texts)
        return tokenize(texts, limit)

    encode(PAIR, counting, max_length=8)
    assert sorted(seen) == ["ab", "c", "d"]


def test_chunks_equal_one_call() -> None:
    texts = tuple(f"text {i * i}" for i in range(2500))
    encoded = encode(task_of((texts,), [0, 1] * 1250), tokenize, max_length=32)
    assert ids(encoded.splits["test"].sides[0]) == tokenize(texts, 32)


def test_equal_documents_are_one_candidate() -> None:
    task = task_of((("q0", "q1", "q2", "q3"), ("x", "y", "x", "z")), [7, 3, 7, 5], "retrieval")
    rows = encode(task, tokenize, max_length=8).splits["test"]
    assert ids(rows.sides[1]) == tokenize(["x", "y", "z"], 8)
    assert rows.targets.tolist() == [0, 1, 0, 2]
    assert rows.prior_loss == pytest.approx(np.log(3))
    assert len(rows) == 4
    assert rows.lengths.tolist() == [7, 7, 7, 7]


def test_take_repeats_and_reorders() -> None:
    tokens = Tokens(np.arange(6, dtype=np.int32), np.array([0, 1, 3, 6]))
    assert ids(tokens.take(np.array([2, 0, 2]))) == [[3, 4, 5], [0], [3, 4, 5]]
    assert len(tokens.take(np.array([], dtype=np.int64))) == 0


def test_the_tasks_own_length_wins() -> None:
    encoded = encode(replace(PAIR, max_length=3), tokenize, max_length=8)
    assert int(encoded.splits["train"].sides[0].lengths.max()) == 3


def test_fingerprint_follows_task_tokens_and_length() -> None:
    def shifted(texts: Sequence[str], limit: int) -> list[list[int]]:
        return [[token + 1 for token in text] for text in tokenize(texts, limit)]

    tasks: list[EncodedTask] = [
        encode(PAIR, tokenize, max_length=8),
        encode(PAIR, tokenize, max_length=9),
        encode(PAIR, shifted, max_length=8),
        encode(replace(PAIR, fingerprint="0" * 64), tokenize, max_length=8),
    ]
    assert len({task.fingerprint for task in tasks}) == 4
    assert encode(PAIR, tokenize, max_length=8).fingerprint == tasks[0].fingerprint


def test_workers_receive_it_whole() -> None:
    """Pickling is between our own processes; a copy must mean the same."""
    encoded = encode(PAIR, tokenize, max_length=8)
    copy = pickle.loads(pickle.dumps(encoded))
    assert (copy.kind, copy.metric, copy.fingerprint) == (encoded.kind, encoded.metric, encoded.fingerprint)
    assert ids(copy.splits["stop"].sides[0]) == ids(encoded.splits["stop"].sides[0])


def test_refuses() -> None:
    with pytest.raises(InputError, match=r"tasks.t: the text 'ab' gives no token"):
        encode(PAIR, lambda texts, limit: [[] if text == "ab" else [1] for text in texts], max_length=8)
    with pytest.raises(ValueError, match="or a longer one"):
        encode(PAIR, lambda texts, limit: [[1] * (limit + 1) for _ in texts], max_length=8)
    with pytest.raises(ValueError, match="Expected 3 texts"):
        encode(PAIR, lambda texts, limit: [[1]], max_length=8)
