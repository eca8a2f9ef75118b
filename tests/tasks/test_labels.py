"""Label columns to targets."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import InputError
from tasks.examples import Examples
from tasks.labels import Labels, read_labels, standardise
from tasks.spec import TaskSpec
from tasks.tables import Table, read_file
from tests.tasks.files import write


def in_memory(values: list[Any]) -> Examples:
    """One table with the column ``label``."""
    numbers = np.arange(1, len(values) + 1)
    return Examples({"": Table("rows", ("label",), numbers, "row", lambda _: list(values))})


def read(values: list[Any], **fields: Any) -> Labels:
    spec = TaskSpec(data="rows", text="code", label="label", **fields)
    return read_labels(spec, in_memory(values), place="tasks.t")


@pytest.mark.parametrize(
    ("values", "kind", "classes", "targets"),
    [
        ([1, 0, 1], "binary", ("0", "1"), [1, 0, 1]),
        ([True, False], "binary", ("false", "true"), [1, 0]),
        (["no", "yes", "no"], "binary", ("no", "yes"), [0, 1, 0]),
        ([10, 9, 1], "multiclass", ("1", "9", "10"), [2, 1, 0]),  # numbers sort as numbers
        (["b", "c", "a"], "multiclass", ("a", "b", "c"), [1, 2, 0]),
        (["1", 2, "x"], "multiclass", ("1", "2", "x"), [0, 1, 2]),
        ([0.5, 2, 1.5], "regression", (), [0.5, 2.0, 1.5]),
        ([["a"], [], ["b", "a"]], "multilabel", ("a", "b"), [[1, 0], [0, 0], [1, 1]]),
    ],
)
def test_inferred(values: list[Any], kind: str, classes: tuple[str, ...], targets: list[Any]) -> None:
    labels = read(values)
    assert (labels.kind.name, labels.classes) == (kind, classes)
    np.testing.assert_array_equal(labels.targets, targets)


def test_said_by_the_suite() -> None:
    assert read(["ok", "bad"], positive="bad").classes == ("ok", "bad")
    np.testing.assert_array_equal(read(["ok", "bad"], positive="bad").targets, [0, 1])
    assert read([1, 0], positive=0).classes == ("1", "0")
    assert read([1, 0], classes=(1, 0)).classes == ("1", "0")
    np.testing.assert_array_equal(read([1.0, 0.0], kind="binary").targets, [1, 0])
    assert read([0, 1], kind="multiclass").kind.name == "multiclass"
    assert read([0, 1, 5], kind="regression").targets.dtype == np.float64
    assert read(list(range(60)), kind="multiclass").kind.outputs(60) == 60
    assert read(["a", "c"], classes=("c", "b", "a")).classes == ("c", "b", "a")


def test_flags_from_columns(tmp_path: Path) -> None:
    name = write(tmp_path / "a.csv", [{"bug": 1, "slow": 0}, {"bug": 0, "slow": 1}])
    examples = Examples({"": read_file(tmp_path / name, name=name)})
    labels = read_labels(TaskSpec(data=name, text="code", label=("slow", "bug")), examples, place="tasks.t")
    assert labels.classes == ("slow", "bug")
    np.testing.assert_array_equal(labels.targets, [[0, 1], [1, 0]])


@given(values=st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=2).filter(lambda v: len(set(v)) > 1))
def test_classes_of_targets_are_the_values(values: list[str]) -> None:
    labels = read(values)
    assert [labels.classes[target] for target in labels.targets] == values
    assert list(labels.classes) == sorted(set(values))


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=3, unique=True).filter(lambda v: np.ptp(v) > 1e-3))
def test_standardised_by_train_alone(values: list[float]) -> None:
    train = np.arange(len(values) + 1) < len(values)
    targets, centre, spread = standardise(np.array([*values, 1e9]), train, at="")
    np.testing.assert_allclose(targets * spread + centre, [*values, 1e9], rtol=1e-5, atol=1e-5 * max(map(abs, values)))
    assert targets[train].mean() == pytest.approx(0.0, abs=1e-4)
    assert targets[train].std() == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize(
    ("values", "fields", "message"),
    [
        ([0, None], {}, "tasks.t.label: column `label` has no value in rows row 2; fill it in or drop the row"),
        ([0, float("nan")], {}, "tasks.t.label: column `label` has no value in rows row 2; fill it in or drop the row"),
        ([0, 0], {}, "tasks.t.label: only one class, `0`, in all rows; expected two or more"),
        (
            list(range(51)),
            {},
            "tasks.t.kind: the label holds 51 distinct whole numbers, which could be classes or amounts; "
            "say `kind: regression` or `kind: multiclass`",
        ),
        ([0.0, 1.0], {}, "tasks.t.kind: the label holds 2 distinct whole numbers, which could be classes or amounts"),
        ([True, 3], {}, "tasks.t.label: column `label` holds the number 3 in rows row 2 but true in rows row 1;"),
        ([{"a": 1}], {}, "tasks.t.label: column `label` holds a dict `{'a': 1}` in rows row 1; expected labels of one"),
        ([0, 1, 2], {"kind": "binary"}, "tasks.t.kind: 3 classes (0, 1, 2), expected 2 for a binary task; say"),
        ([0, 1], {"positive": 2}, "tasks.t.positive: no class `2`; classes are 0, 1"),
        (
            ["bug", "fine"],
            {"positive": "bugg"},
            "tasks.t.positive: no class `bugg`; classes are bug, fine; did you mean `bug`?",
        ),
        ([0, 1, 2], {"positive": 2}, "tasks.t.positive: a multiclass task has no `positive`; drop the field"),
        (
            [0.5, 1.5],
            {"kind": "regression", "classes": (1, 2)},
            "tasks.t.classes: a regression task has no `classes`; drop the field",
        ),
        (["a", "b"], {"classes": ("a", "c")}, "tasks.t.classes: label `b` in rows row 2 is not among a, c"),
        (["a", "b"], {"classes": ("a", "a")}, "tasks.t.classes: expected two or more different classes"),
        ([0.5, 1.0], {"kind": "binary"}, "tasks.t.label: found the number 0.5 in rows row 1, expected a class; say"),
        ([["a"]], {"kind": "binary"}, "tasks.t.label: found a list in rows row 1, expected one class; say"),
        (
            ["a", "b"],
            {"kind": "multilabel"},
            "tasks.t.label: found the text `a` in rows row 1, expected a list of labels,",
        ),
        ([["a"], ["b", None]], {}, "tasks.t.label: the list in rows row 2 holds nothing, expected texts"),
        ([["a"], []], {}, "tasks.t.label: 1 distinct labels in all lists, expected two or more"),
        (
            [1.0, float("inf")],
            {"kind": "regression"},
            "tasks.t.label: found the number inf in rows row 2, expected a finite",
        ),
        (
            ["3", "x"],
            {"kind": "regression"},
            "tasks.t.label: found the text `x` in rows row 2, expected a finite number",
        ),
        ([True, False], {"kind": "regression"}, "tasks.t.label: found true in rows row 1, expected a finite number"),
    ],
)
def test_refuses(values: list[Any], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(values, **fields)
    assert str(caught.value).startswith(message)


def test_one_wrong_field_of_a_csv_is_named(tmp_path: Path) -> None:
    name = write(tmp_path / "a.csv", [{"label": value} for value in ("1.5", "2.5", "n/a", "3")])
    examples = Examples({"": read_file(tmp_path / name, name=name)})
    spec = TaskSpec(data=name, text="code", label="label", kind="regression")
    with pytest.raises(InputError, match=r"found the text `n/a` in a.csv line 4, expected a finite number"):
        read_labels(spec, examples, place="tasks.t")


def test_flags_must_be_0_or_1(tmp_path: Path) -> None:
    name = write(tmp_path / "a.csv", [{"bug": 1, "slow": 0}, {"bug": 0, "slow": 2}])
    examples = Examples({"": read_file(tmp_path / name, name=name)})
    with pytest.raises(InputError, match=r"column `slow` holds the number 2 in a.csv line 3, expected 0 or 1"):
        read_labels(TaskSpec(data=name, text="code", label=("bug", "slow")), examples, place="tasks.t")
