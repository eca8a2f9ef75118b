"""The suite file: what is read, what flags change, and what comes out of the resolved settings."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrain.names import check_name
from cotrain.suite import LoadedSuite, builtin_suite, load_suite, override, parse_suite, select_tasks, to_plain
from tasks.errors import InputError
from tests.cotrain.samples import SUITE, write_suite
from trainers.methods import METHODS, LoRA

TASK = {"data": "a.csv", "text": "code", "label": "y"}
THREE = {"tasks": {"a": TASK, "b": TASK, "c": TASK}}


def loaded(**fields: object) -> LoadedSuite:
    return LoadedSuite(parse_suite(THREE | fields), Path.cwd(), Path("suite.yaml"))


def test_a_suite_is_read_with_its_folder(tmp_path: Path) -> None:
    found = load_suite(write_suite(tmp_path))
    assert list(found.suite.tasks) == ["defect", "clone"]
    assert found.suite.tasks["clone"].text == ("left", "right")
    assert (found.folder, found.suite.seed, found.suite.base_model) == (tmp_path, 42, "embedded")


def test_settings_survive_writing_and_reading() -> None:
    suite = parse_suite(THREE | {"budget": {"passes": 2, "max_hours": 0.5}, "grouping": {"alone": ["a"]}})
    assert parse_suite(to_plain(suite)) == suite


@pytest.mark.parametrize("name", METHODS)
def test_a_method_may_be_its_name_alone_and_brings_its_step_size(name: str) -> None:
    suite = parse_suite(THREE | {"method": name})
    assert suite.method == METHODS[name]()
    assert suite.training.learning_rate == METHODS[name].learning_rate
    assert parse_suite(to_plain(suite)) == suite
    given = parse_suite(THREE | {"method": {"name": name}, "training": {"learning_rate": 0.5}})
    assert given.training.learning_rate == 0.5


def test_a_method_without_a_name_is_lora() -> None:
    assert parse_suite(THREE | {"method": {"r": 4}}).method == LoRA(r=4)
    assert parse_suite(THREE).method == LoRA()


def test_numbers_with_an_exponent_are_numbers(tmp_path: Path) -> None:
    path = write_suite(tmp_path, SUITE + "training: {learning_rate: 1e-3}\n")
    assert load_suite(path).suite.training.learning_rate == 0.001


def test_a_model_folder_is_relative_to_the_suite_file_and_that_of_a_flag_to_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("suites/model", "here/model"):
        (tmp_path / folder).mkdir(parents=True)
    found = load_suite(write_suite(tmp_path / "suites", SUITE + "base_model: model\n"))
    assert found.suite.base_model == str(tmp_path / "suites" / "model")
    monkeypatch.chdir(tmp_path / "here")
    assert override(found, {"base_model": "model"}).suite.base_model == str(tmp_path / "here" / "model")
    assert override(found, {"base_model": "org/name"}).suite.base_model == "org/name"


def test_flags_override_and_leave_the_rest() -> None:
    before = loaded(budget={"passes": 5, "seeds": 4})
    after = override(before, {"budget.passes": 2, "seed": 7})
    assert (after.suite.budget.passes, after.suite.budget.seeds, after.suite.seed) == (2, 4, 7)
    assert before.suite.budget.passes == 5
    assert override(before, {}) == before


def test_a_wrong_flag_is_named() -> None:
    with pytest.raises(InputError, match="--passes: expected a whole number of 1 or more, but got 0"):
        override(builtin_suite(), {"budget.passes": 0}, names={"budget.passes": "--passes"})


def test_selected_tasks_keep_the_order_of_the_suite_and_the_rules_that_concern_them() -> None:
    rules = {"together": [["a", "b"]], "apart": [["a", "c"]], "alone": ["c"], "weights": {"a": 2, "b": 3}}
    chosen = select_tasks(loaded(grouping=rules), ["c", "a"])
    assert list(chosen.suite.tasks) == ["a", "c"]
    assert chosen.suite.grouping.together == ()
    assert (chosen.suite.grouping.apart, chosen.suite.grouping.alone) == ((("a", "c"),), ("c",))
    assert chosen.suite.grouping.weights == {"a": 2}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "d"], "--tasks: no task `d` in suite.yaml"),
        (["a", "a"], "--tasks: expected two tasks or more, but got 1"),
    ],
)
def test_a_selection_that_is_no_suite_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        select_tasks(loaded(), names)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": {"r": 0}}, "method.r: expected a whole number of 1 or more, but got 0"),
        (
            {"method": {"name": "serial", "r": 3}},
            "method.r: there is no such field; fields are layers, name, bottleneck$",
        ),
        ({"method": {"name": "prefix", "layers": "top-2"}}, "method.layers: expected `all`, but got 'top-2'"),
        ({"method": "lroa"}, "method.name: expected `lora` or .*`head`, but got 'lroa'; did you mean `lora`"),
        ({"method": 3}, "method: expected fields of .* but got 3"),
        ({"method": {"targets": [3]}}, "method.targets.0: expected text, but got 3"),
        ({"budget": {"max_hours": "long"}}, "budget.max_hours: expected a number above 0, but got 'long'"),
        ({"budget": {"passes": True}}, "budget.passes: expected a whole number of 1 or more, but got True"),
        ({"budget": 3}, "budget: expected fields of passes, seeds"),
        ({"training": {"ema": 1}}, "training.ema: expected a number of 0 or more and below 1, but got 1"),
        ({"grouping": {"mode": "overlap"}}, "grouping.mode: expected `partition` or `cover`, but got 'overlap'"),
        ({"grouping": {"weights": {"d": 2}}}, "grouping.weights.d: there is no such task; expected one of a, b, c"),
        ({"grouping": {"weights": {"a": 0}}}, "grouping.weights.a: expected a number above 0, but got 0"),
        ({"grouping": {"weights": "points"}}, "grouping.weights: expected a mapping of names to values or `margins`"),
        ({"grouping": {"together": [["a"]]}}, "grouping.together.0: expected a list of 2 or more, each item text"),
        ({"tasks": {"a": TASK | {"data": {"train": 3}}}}, "tasks.a.data.train: expected text, but got 3"),
        (
            {"tasks": {"a": TASK | {"fractions": [0.5, 0.5]}}},
            "tasks.a.fractions: expected a list of 3, each item a num",
        ),
        ({"tasks": {"a": {"text": "code"}}}, "tasks.a.data: this field is missing; expected text or fields of train"),
        ({"tasks": {"a": None}}, "tasks.a: expected fields of data, .* but got nothing"),
        ({"tasks": [1]}, "tasks: expected a mapping of names to values, but got"),
    ],
)
def test_values_that_do_not_fit_are_told_in_words(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        parse_suite(THREE | fields)


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_names_that_pass_are_safe_in_files_and_lists(name: str) -> None:
    try:
        check_name(name, place="tasks")
    except InputError:
        return
    assert 0 < len(name) <= 64
    assert name.isascii()
    assert not set(name) & set("+/\\,. \t\n:'\"")
    assert not name.startswith("-")


@pytest.mark.parametrize("name", ["defect", "clone-2", "Code_Search", "_x", "0"])
def test_ordinary_names_pass(name: str) -> None:
    check_name(name, place="tasks")
