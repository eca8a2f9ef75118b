"""Kind `tokens`: a label for every line or word."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.audit import audit
from tasks.encode_task import encode
from tasks.errors import InputError
from tasks.kinds import KINDS
from tasks.kinds.spans import padded
from tasks.load import load_task
from tasks.metrics import metric_for
from tasks.spans import last_tokens, line_spans, word_spans
from tasks.spec import TaskSpec
from tasks.task import Task

EXACT = 1e-9
"""Two formulas in double precision."""
CODE = "if x:\n\n    return y\n"


class Characters:
    """A start, one token per character that is no white space, an end; cut to a length."""

    def __call__(self, texts: Sequence[str], max_length: int, /) -> list[list[int]]:
        return [[1, *(ord(text[first]) for first, _ in self._own(text, max_length)), 2] for text in texts]

    def offsets(self, texts: Sequence[str], max_length: int) -> list[list[tuple[int, int]]]:
        return [[(0, 0), *self._own(text, max_length), (0, 0)] for text in texts]

    def _own(self, text: str, max_length: int) -> list[tuple[int, int]]:
        return [(at, at + 1) for at, letter in enumerate(text) if not letter.isspace()][: max_length - 2]


def rows_of(count: int = 60) -> list[dict[str, Any]]:
    return [
        {"code": f"a{row}\n\nreturn b\n", "lines": ["ok", "ok", "bad" if row % 3 else "ok"]} for row in range(count)
    ]


def load(folder: Path, rows: Sequence[dict[str, Any]], **fields: Any) -> Task:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = {"data": "rows.jsonl", "text": "code", "label": "lines", "kind": "tokens", **fields}
    return load_task("t", TaskSpec(**settings), folder=folder, seed=0)


def test_spans_by_hand() -> None:
    assert line_spans(CODE).tolist() == [[0, 5], [6, 6], [11, 19]]
    assert word_spans(["New York", " is", ""]).tolist() == [[0, 8], [10, 12], [13, 13]]
    assert line_spans("\f a\rb").tolist() == [[2, 5]]  # only a newline ends a line


def test_a_span_is_read_at_its_last_token() -> None:
    offsets = [(0, 0), (0, 2), (3, 5), (5, 14), (14, 17), (18, 19), (0, 0)]  # the fourth holds newlines and `ret`
    assert last_tokens(line_spans(CODE), offsets).tolist() == [2, -1, 5]
    assert last_tokens(line_spans(CODE), offsets[:4]).tolist() == [2, -1, 3]  # what is left of a line that is cut
    assert last_tokens(line_spans(CODE), offsets[:2]).tolist() == [1, -1, -1]


@given(words=st.lists(st.text(alphabet="ab é", max_size=5), min_size=1, max_size=8))
def test_every_word_that_is_not_blank_has_its_last_character(words: list[str]) -> None:
    text = " ".join(words)
    offsets = Characters().offsets([text], 1000)[0]
    for word, at in zip(words, last_tokens(word_spans(words), offsets).tolist(), strict=True):
        assert (at == -1) == (not word.strip())
        if at >= 0:
            first, stop = offsets[at]
            assert text[first:stop] == word.strip()[-1]


def test_losses_and_prior_by_hand() -> None:
    """Two spans of class 0 and one of class 1 in train: smoothed frequencies 3/5 and 2/5; a text counts once."""
    targets = padded([np.array([0, 1]), np.array([0])])
    expected = (-(math.log(3 / 5) + math.log(2 / 5)) / 2 - math.log(3 / 5)) / 2
    assert KINDS["tokens"].prior_loss(targets, targets) == pytest.approx(expected)
    scores = np.array([[math.log(3.0), 0.0], [math.log(3.0), 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(
        KINDS["tokens"].losses(scores, targets), [(math.log(4 / 3) + math.log(4)) / 2, math.log(2)], rtol=EXACT
    )
    assert KINDS["tokens"].strata(targets).tolist() == [[0, 0], [0, 1], [1, 0]]


def test_the_prior_is_the_loss_of_constant_scores() -> None:
    generator = np.random.default_rng(0)
    train, held = (padded([generator.integers(0, 3, size=size) for size in sizes]) for sizes in ((3, 1, 4), (2, 5)))
    counts = np.bincount(train[train >= 0], minlength=3)
    scores = np.tile(np.log((counts + 1) / (counts.sum() + 3)), (7, 1))
    assert KINDS["tokens"].prior_loss(train, held) == pytest.approx(KINDS["tokens"].losses(scores, held).mean())


def test_metrics_by_hand() -> None:
    """Over all five spans: class 1 is found once of twice, and claimed twice; class 2 is missed."""
    targets, chosen = padded([np.array([0, 1, 2]), np.array([1, 0])]), padded([np.array([0, 1, 0]), np.array([0, 1])])
    value = {name: metric_for(name, "tokens")(chosen.astype(np.float32), targets) for name in ("accuracy", "f1")}
    assert value == {"accuracy": pytest.approx(2 / 5), "f1": pytest.approx(2 * 1 / (2 + 3))}
    assert metric_for("macro_f1", "tokens")(chosen, targets) == pytest.approx((2 / (3 + 2) + 2 / (2 + 2) + 0) / 3)
    nothing = np.where(targets >= 0, 0, -1)
    assert metric_for("f1", "tokens")(nothing, targets) == metric_for("mcc", "tokens")(nothing, targets) == 0.0
    assert metric_for("accuracy", "tokens")(nothing, nothing) == metric_for("macro_f1", "tokens")(nothing, nothing) == 1
    assert metric_for("f1", "tokens")(nothing, nothing) == 0.0


def test_lines_are_loaded_and_encoded(tmp_path: Path) -> None:
    task = load(tmp_path, rows_of())
    assert (task.kind.name, task.classes, task.metric.name, task.outputs) == ("tokens", ("bad", "ok"), "macro_f1", 2)
    rows = task.splits["train"]
    assert rows.targets.shape == (36, 3)
    assert rows.spans[0][1:].tolist() == [
        [len(rows.texts[0][0]) - 10] * 2,
        [len(rows.texts[0][0]) - 9, len(rows.texts[0][0]) - 1],
    ]
    train = encode(task, Characters(), max_length=20).splits["train"]
    assert train.targets.shape == train.read_at.shape == (36, 2)  # type: ignore[union-attr]  # blank lines are left out
    assert (train.truncated, train.unread) == ((0,), 0)
    for row in range(3):
        ids = train.sides[0].text(row)
        assert [chr(ids[at]) for at in train.read_at[row]] == [rows.texts[0][row].split("\n")[0][-1], "b"]  # type: ignore[index]
    short = encode(task, Characters(), max_length=9)
    assert short.splits["train"].unread == 0  # a line that is cut is read where it ends
    assert short.splits["train"].truncated[0] > 0


def test_words_are_loaded(tmp_path: Path) -> None:
    rows = [{"code": ["New York", "", f"w{row}"], "lines": [1, 0, row % 2]} for row in range(60)]
    task = load(tmp_path, rows)
    assert task.classes == ("0", "1")
    assert task.splits["train"].texts[0][0].startswith("New York  w")
    train = encode(task, Characters(), max_length=20).splits["train"]
    assert train.targets.shape == (36, 2)
    assert task.fingerprint == load(tmp_path, rows).fingerprint
    other = [{**row, "code": ["New", "York ", row["code"][2]]} for row in rows]  # the same text, other words
    assert load(tmp_path, other).splits["train"].texts == task.splits["train"].texts
    assert load(tmp_path, other).fingerprint != task.fingerprint


def test_labels_behind_the_cut_are_counted(tmp_path: Path) -> None:
    rows = [{"code": "ab\ncd\n" + "e" * 20 + "\nfg", "lines": [0, row % 2, 1, 1]} for row in range(40)]
    task = load(tmp_path, rows)
    encoded = encode(task, Characters(), max_length=8)
    train = encoded.splits["train"]
    assert train.unread == len(train)  # the last line, of every text
    assert train.targets.shape == (24, 3)
    found = [of.message for of in audit([task], {"t": encoded}).findings if of.check == "truncation"]
    assert len(found) == 1
    assert "24 labels or tokens to predict were cut off, and left out" in found[0]


def test_the_audit_counts_labels(tmp_path: Path) -> None:
    task = load(tmp_path, rows_of(60), metric="f1", classes=("ok", "bad"))
    (table,) = audit([task]).balance
    assert sum(table.counts["train"].values()) == 3 * 36
    assert table.constant == "positive"  # F1 of `ok` everywhere is 0
    bad = table.counts["test"]["bad"]
    assert table.baseline == pytest.approx(2 * bad / (bad + 36))
    assert table.accuracy == pytest.approx(1 - bad / 36)


@pytest.mark.parametrize(
    ("rows", "fields", "message"),
    [
        ([{"code": "a\n\nb", "lines": [0, 1]}], {}, "2 labels for the 3 lines in rows.jsonl line 1, expected one"),
        ([{"code": "a\n", "lines": [0, 1]}], {}, "2 labels for the 1 line in .*; a newline at the very end begins no"),
        ([{"code": ["a"], "lines": [0, 1]}], {}, "2 labels for the 1 word in"),
        ([{"code": "a", "lines": 1}], {}, "found the number 1 in .*, expected a list with a label for every line"),
        ([{"code": "a", "lines": []}], {}, "the list in rows.jsonl line 1 is empty; drop the row"),
        ([{"code": "a\nb", "lines": [0, None]}], {}, "holds nothing, expected labels of one sort"),
        ([{"code": "a\nb", "lines": [0, [1]]}], {}, "expected labels of one sort"),
        ([{"code": "a", "lines": [0]}], {}, "only one class, `0`"),
        ([{"code": [], "lines": [0]}], {}, "the list in rows.jsonl line 1 has no word"),
        ([{"code": ["a", 3], "lines": [0, 1]}], {}, "holds the number 3; expected texts"),
        ([{"code": ["a"], "lines": [0]}, {"code": "a", "lines": [0]}], {}, "a list of words, as in other rows"),
        ([{"code": "a\nb", "lines": [0, 1]}], {"classes": ("0", "x")}, "label `1` in rows.jsonl line 1 is not among"),
        ([{"code": "a\nb", "lines": [0, 1]}], {"positive": 1}, "a tokens task has no `positive`"),
        ([{"code": "a\nb", "lines": [0, 1]}], {"text": ("code", "lines")}, "several columns, expected one"),
        ([{"code": "a\nb", "lines": [0, 1]}], {"metric": "auroc"}, "`auroc` does not fit a tokens task; these do: acc"),
        ([{"code": "a\nb", "lines": [0, 0.5]}], {}, "expected a class; say `kind: regression`"),
    ],
)  # fmt: skip
def test_refuses(tmp_path: Path, rows: list[dict[str, Any]], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, rows * 30, **fields)


def test_refuses_what_no_token_is_left_of(tmp_path: Path) -> None:
    rows = [{"code": "ab\ncd", "lines": [0, 1]} for _ in range(40)]
    with pytest.raises(InputError, match="within 4 tokens, all labels of train are of one class; raise `max_length`"):
        encode(load(tmp_path, rows), Characters(), max_length=4)
    with pytest.raises(InputError, match=r"no label of rows.jsonl line .* is left: .* raise `max_length`"):
        encode(load(tmp_path, rows), Characters(), max_length=2)
    with pytest.raises(ValueError, match="Expected a tokenizer that tells where tokens stand"):
        encode(load(tmp_path, rows), Characters().__call__, max_length=20)
