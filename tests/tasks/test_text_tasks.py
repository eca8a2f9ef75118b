"""Kind `text`: prompts and completions."""

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
from tasks.audit.constant import best_constant
from tasks.completions import _texts, prompt_tokens
from tasks.encode_task import encode
from tasks.encoding import EncodedTask
from tasks.errors import InputError
from tasks.kinds import Completion
from tasks.kinds.spans import padded
from tasks.load import load_task
from tasks.metrics import METRICS
from tasks.spec import TaskSpec
from tasks.task import Rows, Task

START, STOP = 1, 2


class Letters:
    """One token per character that is no white space, behind a start."""

    start, size = (START,), 200

    def __init__(self, end: int | None = STOP) -> None:
        self.end = end

    def __call__(self, texts: Sequence[str], max_length: int, /) -> list[list[int]]:
        return [[START, *own][:max_length] for own in self.pieces(texts)]

    def offsets(self, texts: Sequence[str], max_length: int) -> list[list[tuple[int, int]]]:
        raise NotImplementedError

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        return [[ord(letter) for letter in text if not letter.isspace()] for text in texts]


def rows_of(count: int = 60) -> list[dict[str, Any]]:
    return [{"ask": f"q{row % 7}{row % 5}:", "answer": "yes" if row % 3 else f"no{row}"} for row in range(count)]


def load(folder: Path, rows: Sequence[dict[str, Any]], **fields: Any) -> Task:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = {"data": "rows.jsonl", "prompt": "ask", "completion": "answer", **fields}
    return load_task("t", TaskSpec(**settings), folder=folder, seed=0)


def words(encoded: EncodedTask, split: str, row: int) -> tuple[str, str, str]:
    """A text, its completion, and what stands before each token of it."""
    rows = encoded.splits[split]
    assert rows.read_at is not None
    ids, targets, at = rows.sides[0].text(row), rows.targets[row], rows.read_at[row]
    return tuple("".join(map(chr, part)) for part in (ids, targets[targets >= 0], ids[at[at >= 0]]))  # type: ignore[return-value]


def test_a_text_by_hand(tmp_path: Path) -> None:
    task = load(tmp_path, rows_of())
    assert (task.kind.name, task.metric.name, task.sides, task.classes) == ("text", "token_accuracy", 2, ())
    encoded = encode(task, Letters(), max_length=20)
    assert (encoded.sides, encoded.outputs, encoded.kind) == (1, 200, Completion(vocabulary=200))
    for row in range(5):
        prompt, completion = (side[row] for side in task.splits["test"].texts)
        expected = f"\1{prompt}{completion}\2", f"{completion}\2", f":{completion}"
        assert words(encoded, "test", row) == expected
    assert encoded.splits["test"].truncated == (0,)
    assert words(encode(task, Letters(end=None), max_length=20), "test", 0)[1] == task.splits["test"].texts[1][0]


def test_the_tasks_weight_stays_with_it(tmp_path: Path) -> None:
    assert encode(load(tmp_path, rows_of(), weight=3.0), Letters(), max_length=20).weight == 3.0


def test_the_beginning_of_a_long_prompt_is_cut_and_completions_are_not(tmp_path: Path) -> None:
    rows = [{"ask": "abcdefgh", "answer": "xyz" if row % 2 else "x"} for row in range(60)]
    rows[0] = {"ask": "a", "answer": "0123456789"}
    encoded = encode(load(tmp_path, rows), Letters(), max_length=8)
    found = {words(encoded, split, row)[0] for split, of in encoded.splits.items() for row in range(len(of))}
    assert found == {"\1defgh" + "x\2", "\1fgh" + "xyz\2", "\1a" + "012345"}
    rows_with = next(of for of in encoded.splits.values() if of.unread)
    assert rows_with.unread == 5  # 6789 and the end
    assert sum(sum(of.truncated) for of in encoded.splits.values()) == 60


@given(
    prompt=st.text(alphabet="abc", min_size=1, max_size=30),
    completion=st.text(alphabet="xyz", min_size=1, max_size=30),
    length=st.integers(8, 24),
)
def test_no_text_is_longer_than_it_may_be(prompt: str, completion: str, length: int) -> None:
    """It has some of its prompt and as much as fits of its completion; a prompt alone has the same tokens."""
    rows = Rows(((prompt,), (completion,)), np.zeros(1), np.zeros(1, dtype=np.int64))
    (found,) = _texts(rows, Letters(), length, "t")
    whole = [*map(ord, completion), STOP]
    assert len(found.ids) <= length
    assert found.ids[found.known :].tolist() == whole[: length - 2]
    assert found.unread == len(whole) - len(whole[: length - 2])
    own = prompt[-(found.known - 1) :]
    assert found.ids[: found.known].tolist() == [START, *map(ord, own)]
    assert found.cut == (own != prompt or found.unread > 0)
    (alone,) = prompt_tokens([prompt], Letters(), room=length - len(whole[: length - 2]), place="t")
    assert alone.tolist() == found.ids[: found.known].tolist()


def test_the_prior_counts_tokens_over_the_whole_vocabulary() -> None:
    """Tokens 3, 3 and 5 in train, of ten: (2 + 1) / 13, (1 + 1) / 13, and 1 / 13 of what train lacks."""
    train, held = padded([np.array([3, 3]), np.array([5])]), padded([np.array([3, 5]), np.array([7])])
    expected = (-(math.log(3 / 13) + math.log(2 / 13)) / 2 - math.log(1 / 13)) / 2
    assert Completion(vocabulary=10).prior_loss(train, held) == pytest.approx(expected)


def test_metrics_by_hand() -> None:
    targets, chosen = padded([np.array([3, 4]), np.array([5])]), padded([np.array([3, 9]), np.array([5])])
    assert METRICS["exact_match"](chosen.astype(np.float32), targets) == 0.5
    assert METRICS["token_accuracy"](chosen.astype(np.float32), targets) == pytest.approx(2 / 3)


def test_the_constant_answer_of_tokens_is_the_commonest_one(tmp_path: Path) -> None:
    """Train has five `y` to three ends; of ten tokens of test three are `y`, and four `x`."""
    rows = [{"ask": "say", "answer": of, "split": "train"} for of in ("yy", "yyy", "x") * 4]
    rows += [{"ask": "say", "answer": f"z{row}", "split": "validation"} for row in range(8)]
    rows += [{"ask": "say", "answer": of, "split": "test"} for of in ("yx", "yyx", "xx") * 4]
    task = load(tmp_path, rows)
    tokens = encode(task, Letters(), max_length=20)
    (table,) = audit([task], {task.name: tokens}).balance
    assert table.baseline == pytest.approx(3 / 10)
    assert best_constant(task)[1] is None  # without tokens


def test_the_audit_compares_prompts_and_calls_completions_labels(tmp_path: Path) -> None:
    rows = [{"ask": f"please say {row} or more words of it", "answer": "yes"} for row in range(100)]
    for row in range(0, 100, 4):
        rows[row]["answer"] = f"no, {row}"
    rows[1] = {"ask": rows[0]["ask"], "answer": "maybe"}
    task = load(tmp_path, rows, metric="exact_match")
    result = audit([task], {"t": encode(task, Letters(), max_length=16)})
    (balance,), (conflicts,) = result.balance, result.conflicts
    assert balance.counts == {}
    share = np.mean([text == "yes" for text in task.splits["test"].texts[1]])
    assert balance.baseline == pytest.approx(share)
    assert (conflicts.inputs, conflicts.contradicting, conflicts.unavoidable) == (1, 2, 1)
    assert conflicts.after_encoding is None
    assert sum(of.exact for of in result.duplicates) + len([of for of in result.leaks if of.relation == "exact"]) == 1
    assert all(of.cut == of.texts for of in result.truncation)
    assert audit([load(tmp_path, rows)]).balance[0].baseline is None


@pytest.mark.parametrize(
    ("rows", "fields", "message"),
    [
        ([{"ask": "a", "answer": "b"}], {"completion": None}, r"t\.completion: expected a column; a task of kind text"),
        ([{"ask": "a", "answer": "b"}], {"completion": "ask"}, "column `ask` is the prompt too"),
        ([{"ask": "a", "answer": "b"}], {"label": "answer"}, r"t\.label: a task of kind text has only `prompt`"),
        ([{"ask": "a", "answer": "b"}], {"kind": "binary"}, "`prompt` and `completion` mean text, but the kind is bin"),
        ([{"ask": "a", "answer": "b"}], {"metric": "f1"}, "these do: exact_match, token_accuracy"),
        ([{"ask": "a", "answer": "b"}], {}, r"t\.completion: train has the same completion in every row"),
        ([{"ask": "a", "answer": ""}], {}, "column `answer` is empty in rows.jsonl line 1"),
        ([{"ask": "a", "answer": 3}], {}, "column `answer` holds the number 3"),
        ([{"ask": "a"}], {}, "no column `answer` in rows.jsonl"),
        ([{"ask": "a", "answer": "b"}], {"query": "ask", "document": "answer"}, "a retrieval has only"),
    ],
)
def test_refuses(tmp_path: Path, rows: list[dict[str, Any]], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, rows * 60, **fields)


def test_refuses_a_tokenizer_of_whole_texts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a tokenizer of parts of texts"):
        encode(load(tmp_path, rows_of()), lambda texts, limit: [[1]] * len(texts), max_length=8)


def test_refuses_a_text_without_a_token(tmp_path: Path) -> None:
    class Silent(Letters):
        def pieces(self, texts: Sequence[str]) -> list[list[int]]:
            return [[] for _ in texts]

    with pytest.raises(InputError, match=r"tasks\.t: the text .* gives no token"):
        encode(load(tmp_path, rows_of()), Silent(), max_length=8)
