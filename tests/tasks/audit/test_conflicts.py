from collections.abc import Sequence

import numpy as np

from tasks.audit.conflicts import conflict_findings, conflicts, contradictions
from tasks.encode_task import encode
from tasks.encoding import EncodedTask
from tasks.task import Task
from tests.tasks.audit.build import clean_texts, make_task, relation_of


def words(texts: Sequence[str], length: int) -> list[list[int]]:
    """One token per word."""
    return [[sum(map(ord, word)) for word in text.split()][:length] for text in texts]


def encoded(*tasks: Task, max_length: int) -> dict[str, EncodedTask]:
    return {task.name: encode(task, words, max_length=max_length) for task in tasks}


def test_contradictions_by_hand() -> None:
    assert contradictions(["a", "b", "a", "c", "b", "a"], [0, 1, 1, 0, 1, 0]) == [[0, 2, 5]]


def test_planted_conflicts_within_and_across_splits() -> None:
    texts, targets = clean_texts(0), {split: [0] * 60 for split in ("train", "stop", "select", "test")}
    texts["train"][:3] = ["same  text"] * 3
    texts["test"][0] = "same text"
    targets["test"][0] = 1
    texts["stop"][:2] = ["other text"] * 2  # the same label: a duplicate, no conflict
    task = make_task("t", texts, targets=targets)
    (table,) = conflicts([task], relation_of(task)[0])
    assert (table.rows, table.inputs, table.contradicting, table.unavoidable) == (240, 1, 4, 1)
    assert [str(row) for row in table.examples] == ["t: train[0]", "t: test[0]"]
    (finding,) = conflict_findings([table])
    assert finding.severity == "warning"
    assert finding.message == (
        "4 of 240 rows (1.7%) share their input with a row of another label, and 1 cannot be right; "
        "for example train[0] and test[0]."
    )


def test_multilabel_and_retrieval_labels() -> None:
    label = make_task(
        "label",
        {"train": ["a", "a", "b", "b"]},
        targets={"train": [[0, 1], [0, 1], [1, 1], [1, 0]], "stop": [], "select": [], "test": []},
        kind="multilabel",
        metric="f1",
    )
    texts = {"train": [("q", "x"), ("q", "y")], "stop": [("p", "x"), ("p", " x")]}
    search = make_task("search", texts, kind="retrieval", classes=(), metric="mrr")
    texts_of_both = relation_of(label, search)[0]
    assert [table.inputs for table in conflicts([label, search], texts_of_both)] == [1, 1]


def test_conflicts_that_only_cutting_makes() -> None:
    texts = clean_texts(0)
    targets = {split: np.arange(60) % 2 for split in texts}
    texts["train"][:2] = ["a b c x", "a b c y"]
    texts["test"][:2] = ["same", "same"]  # known by their texts: not counted again
    task = make_task("t", texts, targets=targets)
    found = relation_of(task)[0]
    assert conflicts([task], found)[0].after_encoding is None
    assert conflicts([task], found, encoded(task, max_length=4))[0].after_encoding == 0
    table = conflicts([task], found, encoded(task, max_length=3))[0]
    assert (table.contradicting, table.after_encoding) == (2, 2)
    assert "2 of 240 rows (0.8%) have the same tokens" in conflict_findings([table])[1].message


def test_clean_tasks_do_not_contradict() -> None:
    task = make_task("t", clean_texts(0))
    assert conflict_findings(conflicts([task], relation_of(task)[0], encoded(task, max_length=99))) == []
