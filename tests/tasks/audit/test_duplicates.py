from tasks.audit.duplicates import duplicate_findings, duplicates
from tasks.audit.near import near_pairs
from tasks.audit.texts import shingles
from tests.tasks.audit.build import clean_texts, make_task, relation_of

NONE = near_pairs(shingles([]), threshold=0.8)
"""No texts at all: nothing was sampled."""


def test_planted_copies_and_near_copies_are_counted() -> None:
    texts = clean_texts(0)
    row = "a b c d e f g h i j k"
    texts["train"] = [*texts["train"], row, f" {row}\n", row, row.upper(), row + " l", "k j i h g f e d c b a"]
    task = make_task("t", texts)
    tables = {table.split: table for table in duplicates([task], *relation_of(task))}
    train = tables["train"]
    assert (train.rows, train.exact, train.near) == (66, 2, 3)  # two more copies; three distinct near forms
    assert [row.row for row in train.exact_examples] == [61, 60]
    assert [row.row for row in train.near_examples] == [60, 63]
    assert all(tables[split].exact == tables[split].near == 0 for split in ("stop", "select", "test"))


def test_a_pair_is_a_copy_only_with_both_sides() -> None:
    rows = [
        ("one two three", "four five six"),
        ("one two three", "seven eight nine"),
        ("one two three", "four five six"),
    ]
    task = make_task("t", {"train": rows})
    train = duplicates([task], *relation_of(task))[0]
    assert (train.exact, train.near) == (1, 0)


def test_one_sentence_per_task_with_the_worst_split_as_example() -> None:
    texts = clean_texts(0)
    texts["train"] = [*texts["train"], texts["train"][0]]
    texts["test"] = [*texts["test"], *texts["test"][:7]]
    task = make_task("t", texts)
    (finding,) = duplicate_findings(duplicates([task], *relation_of(task)), NONE)
    assert (finding.severity, finding.check, finding.task) == ("warning", "duplicates", "t")
    assert finding.message == (
        "rows that are copies of an earlier row of the same split: 7 of 67 in test and 1 of 61 in train; "
        "for example test[60] and test[0]."
    )
    assert finding.examples[0].text == texts["test"][0][:57] + "..."


def test_clean_splits_are_no_finding() -> None:
    task = make_task("t", clean_texts(0))
    assert duplicate_findings(duplicates([task], *relation_of(task)), NONE) == []
