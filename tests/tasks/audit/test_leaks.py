from collections import Counter

from tasks.audit.leaks import leak_findings, leaks
from tasks.task import Task
from tests.tasks.audit.build import clean_texts, make_task, relation_of

ROW = "a b c d e f g h i j k"


def counted(*tasks: Task) -> Counter[tuple[str, str, str, str, str]]:
    """Leaked rows by task, split, source, source split and relation."""
    tables = leaks(tasks, *relation_of(*tasks))
    return Counter(
        {(leak.task, leak.split, leak.source, leak.source_split, leak.relation): leak.leaked for leak in tables}
    )


def test_rows_across_the_splits_of_one_task() -> None:
    texts = clean_texts(0)
    texts["train"] = [*texts["train"], ROW]
    texts["select"] = [*texts["select"], texts["stop"][3]]
    texts["test"] = [f"  {ROW}", texts["train"][5], ROW + " l", *texts["test"]]
    assert counted(make_task("t", texts)) == {
        ("t", "test", "t", "train", "exact"): 2,
        ("t", "test", "t", "train", "near"): 1,
        ("t", "select", "t", "stop", "exact"): 1,
    }


def test_test_rows_in_another_tasks_train_split() -> None:
    one, two = clean_texts(0), clean_texts(1)
    two["train"] = [*two["train"], one["test"][4], one["stop"][0].upper()]
    one["train"] = [*one["train"], two["train"][0]]  # train on both sides is what sharing means, no leak
    assert counted(make_task("one", one), make_task("two", two)) == {
        ("one", "test", "two", "train", "exact"): 1,
        ("one", "stop", "two", "train", "near"): 1,
    }


def test_a_pair_leaks_whole_or_in_part() -> None:
    pairs = {split: [(text, f"{text} other") for text in texts] for split, texts in clean_texts(0).items()}
    first, second = pairs["train"][:2]
    # its mirror image, a known text with a new one, and two known texts that were no pair
    pairs["test"] = [first, first[::-1], (first[0], ROW), (first[0], second[1]), *pairs["test"]]
    assert counted(make_task("t", pairs)) == {
        ("t", "test", "t", "train", "exact"): 1,
        ("t", "test", "t", "train", "near"): 0 + 1,
        ("t", "test", "t", "train", "part"): 2,
    }


def test_a_pair_leaks_through_the_single_texts_of_another_task() -> None:
    single = clean_texts(0)
    pairs = {split: [(text, f"so {text} is") for text in texts] for split, texts in clean_texts(1).items()}
    known = single["train"]
    pairs["test"] = [(known[0], known[7]), (known[1], ROW), *pairs["test"]]
    assert counted(make_task("single", single), make_task("pairs", pairs)) == {
        ("pairs", "test", "single", "train", "exact"): 1,
        ("pairs", "test", "single", "train", "part"): 1,
    }


def test_units_on_two_sides() -> None:
    units = {"train": [0] * 30 + [1] * 30, "stop": [2] * 60, "select": [3] * 60, "test": [4] * 50 + [1] * 10}
    task = make_task("t", clean_texts(0), units=units)
    assert counted(task) == {("t", "test", "t", "train", "unit"): 10}
    (finding,) = leak_findings(leaks([task], *relation_of(task)))
    assert finding.severity == "serious"
    assert finding.message == (
        "rows whose `group_by` unit has rows in an earlier split: 10 of 60 in test (from train); "
        "for example test[50] is like train[30]."
    )


def test_a_retrieval_document_is_no_unit_of_its_own() -> None:
    documents = {"train": [0, 1], "stop": [2, 3], "select": [4, 5], "test": [1, 6]}
    texts = {split: [(f"query {split} {n}", f"document {n}") for n in found] for split, found in documents.items()}
    task = make_task("t", texts, targets=documents, units=documents, kind="retrieval", classes=(), metric="mrr")
    assert counted(task) == {("t", "test", "t", "train", "part"): 1}


def test_weight_follows_relation_and_share() -> None:
    texts = clean_texts(0, rows=120)
    few = make_task("few", {**texts, "test": [texts["train"][0], *texts["test"][1:]]})
    many = make_task("many", {**texts, "test": [*texts["train"][:2], *texts["test"][2:]]})
    found = [leak_findings(leaks([task], *relation_of(task)))[0] for task in (few, many)]
    assert [finding.severity for finding in found] == ["warning", "serious"]
    assert str(found[1]) == (
        "serious: many: rows that an earlier split holds word for word: 2 of 120 in test (from train); "
        "for example test[0] is like train[0]."
    )


def test_clean_tasks_do_not_leak() -> None:
    assert not counted(make_task("one", clean_texts(0)), make_task("two", clean_texts(1)))
