from tasks.audit.truncation import truncation, truncation_findings
from tests.tasks.audit.build import clean_texts, make_task
from tests.tasks.audit.test_conflicts import encoded


def test_shares_lengths_and_sides_by_hand() -> None:
    pairs = [("a b c d e", "a"), ("a b c", "b"), ("a b", "c d"), ("a b c d", "e")]
    task = make_task("t", {"train": pairs, "stop": pairs, "select": pairs, "test": pairs[:1]})
    tables = [table for table in truncation([task], encoded(task, max_length=3)) if table.split in ("train", "test")]
    assert [(table.split, table.side, table.texts, table.cut, table.median, table.longest) for table in tables] == [
        ("train", 0, 4, 2, 3.0, 3),
        ("train", 1, 4, 0, 1.0, 2),
        ("test", 0, 1, 1, 3.0, 3),
        ("test", 1, 1, 0, 1.0, 1),
    ]
    (finding,) = truncation_findings(tables)
    assert finding.severity == "warning"
    assert finding.message == "2 of 4 train texts of side 0 (50.0%) are cut at 3 tokens; the median text has 3."


def test_retrieval_counts_distinct_documents() -> None:
    texts = {split: [(f"{split} {n}", "one long document") for n in range(3)] for split in clean_texts(0)}
    targets = {split: [0, 0, 0] for split in texts}
    task = make_task("t", texts, targets=targets, kind="retrieval", classes=(), metric="mrr")
    tables = truncation([task], encoded(task, max_length=2))
    assert [(table.texts, table.cut) for table in tables if table.split == "train"] == [(3, 0), (1, 1)]


def test_nothing_without_encoded_tasks_or_cuts() -> None:
    task = make_task("t", clean_texts(0))
    assert truncation([task], None) == ()
    assert truncation_findings(truncation([task], encoded(task, max_length=12))) == []
