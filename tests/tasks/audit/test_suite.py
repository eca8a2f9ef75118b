import json
from pathlib import Path

import numpy as np
import pytest

from tasks import TaskSpec, load_task
from tasks.audit import CHECKS, SEVERITIES, audit
from tasks.audit.finding import Finding, most, ordered, shorten
from tasks.task import SPLITS, Rows, Task
from tests.tasks.audit.build import clean_texts, make_task
from tests.tasks.audit.test_conflicts import encoded
from tests.tasks.files import write


def spoilt() -> list[Task]:
    """Three tasks with everything that the audit looks for."""
    one, two, three = clean_texts(0), clean_texts(1), clean_texts(2)
    one["train"] = [*one["train"], one["train"][0], one["test"][0], one["test"][1]]
    two["train"] = [*two["train"], one["test"][2], one["select"][0].upper(), three["stop"][1]]
    pairs = {split: [(text, "the same question") for text in texts] for split, texts in three.items()}
    return [make_task("one", one), make_task("two", two), make_task("three", pairs)]


def test_clean_suites_have_no_finding_but_their_size() -> None:
    tasks = [make_task(name, clean_texts(seed)) for seed, name in enumerate("abc")]
    result = audit(tasks, encoded(*tasks, max_length=64))
    assert {finding.check for finding in result.findings} == {"sizes"}
    assert result.leaks == ()
    assert not any(table.exact or table.near for table in result.duplicates)


def test_worst_comes_first() -> None:
    findings = audit(spoilt()).findings
    ranks = [SEVERITIES.index(finding.severity) for finding in findings]
    assert ranks == sorted(ranks)
    assert {"serious", "warning", "note"} == {finding.severity for finding in findings}
    assert (findings[0].check, findings[0].task) == ("leaks", "one")


def test_order_of_tasks_is_only_the_order_of_the_tables() -> None:
    tasks = spoilt()
    forward, backward = audit(tasks), audit(tasks[::-1])
    assert forward.findings == backward.findings
    for check in CHECKS:
        assert set(map(repr, getattr(forward, check))) == set(map(repr, getattr(backward, check)))
    assert [table.task for table in backward.sizes] == ["three", "two", "one"]


def test_order_of_rows_changes_no_count() -> None:
    generator = np.random.default_rng(0)
    shuffled = [shuffle(task, generator) for task in spoilt()]
    assert audit(shuffled).duplicates != audit(spoilt()).duplicates  # the examples moved
    for check in CHECKS:
        rows = [audit(tasks).tables()[check] for tasks in (spoilt(), shuffled)]
        assert [without_examples(row) for row in rows[0]] == [without_examples(row) for row in rows[1]]


def shuffle(task: Task, generator: np.random.Generator) -> Task:
    """The task with the rows of every split in another order."""
    splits = {}
    for split in SPLITS:
        rows = task.splits[split]
        order = generator.permutation(len(rows))
        sides = tuple(tuple(side[row] for row in order) for side in rows.texts)
        splits[split] = Rows(sides, rows.targets[order], rows.units[order])
    return Task(task.name, task.kind, task.classes, task.metric, task.margin, splits, task.fingerprint)


def without_examples(row: dict[str, str | int | float | None]) -> dict[str, str | int | float | None]:
    return {name: value for name, value in row.items() if "examples" not in name}


def test_objects_are_plain_and_finite() -> None:
    tasks = spoilt()
    untested = make_task("untested", {**clean_texts(5), "test": []})
    result = audit([*tasks, untested], encoded(*tasks, max_length=8))
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert json.loads(text)["schema"] == 1
    assert set(json.loads(text)) == {"schema", "near", "findings", *CHECKS}
    tables = result.tables()
    assert set(tables) == set(CHECKS)
    for rows in tables.values():
        assert rows
        assert all(isinstance(cell, str | int | float | None) for row in rows for cell in row.values())
    assert tables["sizes"][0]["rows.train"] == 63
    assert json.dumps(tables, allow_nan=False)


def test_a_looser_threshold_finds_more() -> None:
    texts = clean_texts(0)
    texts["test"][0] = texts["train"][0].rsplit(" ", 3)[0] + " x y z"  # 7 of 13 shingles
    task = make_task("t", texts)
    assert audit([task]).leaks == ()
    assert [leak.relation for leak in audit([task], near=0.5).leaks] == ["near"]


def test_no_tasks_no_findings() -> None:
    result = audit([])
    assert result.findings == ()


def test_findings_name_the_place_in_the_users_file(tmp_path: Path) -> None:
    rows = [
        {"text": text, "label": number % 2, "split": name}
        for name, texts in zip(("train", "validation", "test"), clean_texts(0).values(), strict=False)
        for number, text in enumerate(texts)
    ]
    rows[130]["text"] = rows[7]["text"]
    spec = TaskSpec(data=write(tmp_path / "data.jsonl", rows), text="text", label="label")
    result = audit([load_task("t", spec, folder=tmp_path, seed=0)])
    (finding,) = [finding for finding in result.findings if finding.check == "leaks"]
    assert "data.jsonl line 131" in finding.message
    assert "data.jsonl line 8" in finding.message


def test_refuses_a_threshold_that_is_no_similarity() -> None:
    with pytest.raises(ValueError, match="Expected `threshold`"):
        audit([make_task("t", clean_texts(0))], near=0)


def test_words() -> None:
    assert most([(1.0, "a")]) == "a"
    assert most([(1.0, "b"), (2.0, "a")]) == "a and b"
    assert most([(float(value), f"p{value}") for value in range(5)]) == "p4, p3, p2 and 2 more"
    assert shorten("a\n b" * 40, 10) == "a ba ba..."
    later, first = Finding("note", "x", "", 0.9, "m"), Finding("serious", "x", "", 0.1, "m")
    assert ordered([later, first]) == (first, later)
