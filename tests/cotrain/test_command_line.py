"""The command: what reaches the functions, what is printed, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from cotrain import api
from cotrain.app import main
from cotrain.command_line import COMMANDS
from cotrain.suite import LoadedSuite
from tests.cotrain.samples import run, write_suite

PLACE = {"executor": "local", "address": None, "storage": None}
COMMON = {"workers": None, "device": "auto", **PLACE, "out": Path("cotrain-run")}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command gave to the function; the function itself does not run."""
    seen: dict[str, Any] = {}

    def stand_in(suite: LoadedSuite, **settings: Any) -> None:
        seen.update(settings, suite=suite)
        raise KeyboardInterrupt

    for name in ("recommend", "heatmap", "validate", "plan"):
        monkeypatch.setattr(api, name, stand_in)
    write_suite(tmp_path)
    monkeypatch.chdir(tmp_path)
    return seen


def test_without_a_suite_the_built_in_tasks_are_meant(reached: dict[str, Any]) -> None:
    assert (
        main(["recommend", "--tasks", "a, b", "--source", "one", "--source", "two", "--controls", "--equal-sizes"])
        == 130
    )
    (candidate,) = reached.pop("suite")
    assert candidate.loaded.builtin
    reached.pop("progress")
    assert reached == COMMON | {
        "validate": True,
        "controls": True,
        "equal_sizes": True,
        "compare": None,
        "earlier": [],
        "sources": [Path("one"), Path("two")],
        "tasks": ["a", "b"],
    }


def test_flags_override_the_suite(reached: dict[str, Any]) -> None:
    flags = "--seed 3 --passes 2 --seeds 4 --max-hours 0.5 --max-adapters 2 --objective fewest_adapters"
    more = "--no-validate --workers 1 --device cpu --out there --tasks clone,defect --base-model org/name"
    more += " --estimator pairwise --reruns 2 --earlier one --earlier two"
    assert main(["recommend", "suite.yaml", *flags.split(), *more.split()]) == 130
    (candidate,) = reached["suite"]
    suite = candidate.loaded.suite
    assert (suite.seed, suite.budget.passes, suite.budget.seeds, suite.budget.max_hours) == (3, 2, 4, 0.5)
    assert (suite.grouping.max_adapters, suite.grouping.objective) == (2, "fewest_adapters")
    assert (suite.base_model, suite.estimator) == ("org/name", "pairwise")
    assert suite.budget.reruns == 2
    assert reached["earlier"] == [Path("one"), Path("two")]
    assert list(suite.tasks) == ["defect", "clone"]
    assert (reached["validate"], reached["workers"], reached["device"], reached["out"]) == (
        False,
        1,
        "cpu",
        Path("there"),
    )
    assert reached["tasks"] is None, "the suite holds the chosen ones already"


@pytest.mark.parametrize("command", ["recommend", "heatmap", "validate"])
def test_where_it_is_computed_and_kept(command: str, reached: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given = [command, "suite.yaml", "--executor", "ray", "--address", "h:1"]
    given += ["--grouping", "groups.yaml"] if command == "validate" else []
    Path("groups.yaml").write_text("[[defect], [clone]]")
    monkeypatch.setenv("COTRAIN_STORAGE", "postgresql://h/db")
    assert main(given) == 130
    assert {name: reached[name] for name in PLACE} == {
        "executor": "ray",
        "address": "h:1",
        "storage": "postgresql://h/db",
    }


def test_other_commands_reach_their_functions(reached: dict[str, Any]) -> None:
    assert main(["heatmap", "suite.yaml", "--estimator", "cosine"]) == 130
    assert (reached["suite"].suite.estimator, reached["suite"].place) == ("cosine", "suite.yaml")
    assert main(["plan", "suite.yaml", "--passes", "9"]) == 130
    assert (reached["suite"].suite.budget.passes, reached["suite"].suite.estimator) == (9, "hybrid")
    Path("g.yaml").write_text("[[clone], [defect]]")
    assert main(["validate", "suite.yaml", "--grouping", "g.yaml"]) == 130
    assert reached["grouping"] == Path("g.yaml")


def test_an_interruption_says_how_to_go_on(reached: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "plan") == (130, "", ["stopped; the same command goes on where it was"])


def test_the_unexpected_is_one_line_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\nzero \x1b[31m")

    monkeypatch.setattr(api, "plan", fail)
    code, out, err = run(capsys, "plan")
    assert (code, out) == (1, "")
    assert err == ["error: ZeroDivisionError: by zero [31m (unexpected; --debug shows where)"]
    code, _, err = run(capsys, "plan", "--debug")
    assert code == 1
    assert err[0].startswith("Traceback")
    assert err[-1].startswith("error: ZeroDivisionError")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_there(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *command, "--help")
    assert (code, err) == (0, [])
    assert "Usage: cotrain" in out


def test_plan_says_what_it_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "plan", "--help")
    assert "cotrain reproduce" in out


def test_help_names_every_built_in_estimator(capsys: pytest.CaptureFixture[str]) -> None:
    from affinity.estimators import ESTIMATORS

    _, out, _ = run(capsys, "heatmap", "--help")
    words = out.replace("│", " ").replace(",", " ").split()
    assert set(ESTIMATORS) <= set(words)


def test_the_first_screen_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, [])
    assert all(name in out for name in COMMANDS)


def test_the_schema_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "schema")
    assert (code, err) == (0, [])
    assert json.loads(out)["title"] == "cotrain suite"


def test_init_writes_what_audit_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "init")
    assert (code, err) == (0, [])
    assert "wrote suite.yaml" in out
    code, _, err = run(capsys, "audit", "suite.yaml")
    assert code == 2
    assert "tasks.defect.data" in err[0]


def test_a_given_matrix_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.csv").write_text(",a,b,c\na,0,.1,0\nb,.2,0,0\nc,.1,.1,0\n")
    Path("g.json").write_text('[["a", "b"], ["c"]]')
    code, out, err = run(capsys, "heatmap", "--from", "m.csv", "--grouping", "g.json", "--out", "drawn", "--json")
    assert (code, err) == (0, [])
    assert json.loads(out)["tasks"] == ["a", "b", "c"]
    assert (tmp_path / "drawn" / "heatmap.png").stat().st_size > 1000


def test_the_machine_on_one_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    code, out, err = run(capsys, "doctor")
    assert (code, err) == (0, []), out
    for name in (
        "python",
        "torch",
        "peft",
        "cores",
        "threads",
        "device",
        "embedded model",
        "cache",
        "model hub",
        "names",
    ):
        assert f"\n{name} " in f"\n{out}"
    Path("tasks.py").write_text("")
    monkeypatch.setenv("OMP_NUM_THREADS", "1000")
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "tasks.py: would hide cotrain's package `tasks`" in out
    assert "set OMP_NUM_THREADS=" in out
