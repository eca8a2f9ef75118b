"""What happens between the log and trackers, whichever they are: once, in order, and never at the run's expense."""

import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cotrain.run_folder import RunFolder
from cotrain.suite import load_suite, parse_suite
from cotrain.tracking import TRACKERS
from cotrain.tracking.names import NAMES
from cotrain.tracking.tracked import STATE, check_trackers, tracked
from cotrain.tracking.trained_run import TrainedRun
from tasks.errors import InputError
from tests.cotrain.samples import run, write_suite
from tests.cotrain.tracking import sample_run as sample
from tests.cotrain.tracking.recorder import Recorder

RUNS = ["a (reference), seed 1", "a+b, seed 1", "b+c, seed 1", "b (reference), seed 1"]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> type[Recorder]:
    made = Recorder.made()
    monkeypatch.setitem(TRACKERS, "mlflow", made)
    return made


def command(
    path: Path, does: Callable[[RunFolder], None], names: tuple[str, ...] = ("mlflow",), *, stopped: bool = False
) -> list[str]:
    """One command in a run folder; the lines that people see."""
    lines: list[str] = []
    try:
        with RunFolder(path) as folder, tracked(folder, names, sample.SETTINGS, tell=lines.append):
            does(folder)
    except KeyboardInterrupt:
        assert stopped
    return lines


def told(recorder: type[Recorder], what: str) -> list[Any]:
    """What the only run was told of something."""
    (events,) = recorder.runs.values()
    return [about for name, about in events if name == what]


def test_two_commands_tell_everything_once_and_in_order(
    recorder: type[Recorder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = command(tmp_path / "run", sample.first_command, stopped=True)
    assert lines == ["mlflow: https://tracker.example/run"]
    command(tmp_path / "run", sample.second_command)
    (events,) = recorder.runs.values()
    assert events == [
        ("settings", sample.SETTINGS),
        ("trained", RUNS[0]),
        ("trained", RUNS[1]),
        ("closed", "stopped"),
        ("resumed", sample.SETTINGS),
        ("trained", RUNS[2]),
        ("trained", RUNS[3]),
        ("affinities", ("a", "b")),
        ("answered", {**sample.FIGURES, **sample.WORDS}),
        ("drawn", ["heatmap", "curves", "report.html"]),
        ("closed", "finished"),
    ]
    assert capsys.readouterr().out == ""


def test_a_tracker_that_is_named_later_hears_of_what_was_before(recorder: type[Recorder], tmp_path: Path) -> None:
    command(tmp_path, sample.first_command, (), stopped=True)
    assert not (tmp_path / STATE).exists()
    command(tmp_path, sample.second_command)
    assert told(recorder, "trained") == RUNS


def test_an_error_of_the_run_is_told_as_one(recorder: type[Recorder], tmp_path: Path) -> None:
    def fails(_: RunFolder) -> None:
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        command(tmp_path, fails)
    assert told(recorder, "closed") == ["failed"]


@pytest.mark.parametrize("broken", ["settings", "trained", "drawn", "closed"])
def test_a_tracker_that_fails_costs_one_line_and_is_told_the_rest_by_the_next_command(
    recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str
) -> None:
    other = Recorder.made()
    monkeypatch.setitem(TRACKERS, "wandb", other)
    monkeypatch.setattr(recorder, "broken", staticmethod(lambda what: what == broken))
    lines = command(tmp_path, sample.second_command, ("mlflow", "wandb"))
    failed = [line for line in lines if "failed" in line]
    assert failed == ["mlflow failed, and the run goes on without it: OSError: [Errno 28] No space left on device"]
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    said = [line for line in logged if line["event"] == "tracker failed"]
    assert [{name: line[name] for name in ("tracker", "error")} for line in said] == [
        {"tracker": "mlflow", "error": "OSError"}
    ]
    assert told(other, "trained") == RUNS
    monkeypatch.setattr(recorder, "broken", Recorder.broken)
    command(tmp_path, lambda _: None, ("mlflow", "wandb"))
    for one in (recorder, other):
        assert told(one, "trained") == RUNS
        assert len(told(one, "drawn")) == 1


def test_what_a_tracker_warns_users_of_is_said_once(
    recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def warns(self: Recorder, run: TrainedRun) -> None:
        warnings.warn("nothing was sent to https://me:secret@tracker.example\nmore", UserWarning, stacklevel=2)
        warnings.warn("this is old", DeprecationWarning, stacklevel=2)

    monkeypatch.setattr(recorder, "trained", warns)
    lines = command(tmp_path, sample.second_command)
    assert lines[1:] == ["mlflow warns: nothing was sent to https://tracker.example"]


def test_no_password_of_an_address_reaches_people_or_the_folder(
    recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recorder, "broken", staticmethod(lambda what: what == "trained"))
    monkeypatch.setattr(recorder, "error", ConnectionError("cannot reach https://me:secret@tracker.example\nmore"))
    lines = command(tmp_path, sample.first_command, stopped=True)
    assert lines[-1].endswith("ConnectionError: cannot reach https://tracker.example")
    assert not [file for file in tmp_path.iterdir() if b"secret" in file.read_bytes()]


def test_lines_that_somebody_changed_are_passed_over(recorder: type[Recorder], tmp_path: Path) -> None:
    command(tmp_path, sample.first_command, (), stopped=True)
    log = tmp_path / "log.jsonl"
    odd = ["", "no json", "[1]", '{"event": 3}', '{"event": "trained"}', '{"event": "trained", "cost": 1}']
    odd += ['{"event": "answered", "figures": 1, "words": {}}', '{"event": "affinities"}']
    log.write_text("\n".join([*odd, log.read_text(), '{"event": "trai']))
    command(tmp_path, sample.second_command)
    assert told(recorder, "trained") == RUNS


@pytest.mark.parametrize(
    "state", ["", "[]", '{"trackers": 1}', '{"trackers": {"mlflow": {"run": "run 0", "told": "x"}}}']
)
def test_a_damaged_memory_tells_all_again(recorder: type[Recorder], tmp_path: Path, state: str) -> None:
    command(tmp_path, sample.first_command, stopped=True)
    (tmp_path / STATE).write_text(state)
    command(tmp_path, sample.second_command)
    assert [name for name, _ in recorder.runs["run 1"]].count("trained") == 4


def test_the_run_is_called_what_its_folder_was_called(
    monkeypatch: pytest.MonkeyPatch, recorder: type[Recorder], tmp_path: Path
) -> None:
    names = []

    def remembers(self: Recorder, about: Any) -> None:
        names.append(about.name)
        original(self, about)

    original = recorder.__init__
    monkeypatch.setattr(recorder, "__init__", remembers)
    monkeypatch.chdir(tmp_path)
    for path in (Path("runs/one"), tmp_path / "two", Path("runs/../three")):
        command(path, lambda _: None)
    assert names == ["runs/one", "two", "three"]


def test_names_are_those_of_trackers() -> None:
    assert set(NAMES) == set(TRACKERS)


def test_a_missing_package_ends_in_one_line_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_suite(tmp_path)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mlflow" else find(name))
    for command in ("recommend", "heatmap"):
        argv = (command, str(path), "--out", str(tmp_path / "run"), "--report-to", "mlflow")
        assert run(capsys, *argv) == (
            2, "", ['error: report_to: `mlflow` needs the package mlflow; run `pip install "cotrain[mlflow]"`, or '
                    "leave it out"],
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_a_folder_of_a_trackers_name_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """wandb makes one where it runs."""
    (tmp_path / "not_a_tracker").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    made = Recorder.made()
    monkeypatch.setattr(made, "packages", ("not_a_tracker",))
    monkeypatch.setitem(TRACKERS, "mlflow", made)
    with pytest.raises(InputError, match="needs the package not_a_tracker"):
        check_trackers(["mlflow"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("mlflow", ("mlflow",)),
        (["wandb", "mlflow", "wandb"], ("wandb", "mlflow")),
        ("none", ()),
        (["none"], ()),
        (None, ()),
        ([], ()),
    ],
)
def test_a_name_or_a_list_of_names(given: Any, expected: tuple[str, ...]) -> None:
    assert parse_suite({"report_to": given}).report_to == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("mlfow", r"report_to: no tracker `mlfow`; did you mean `mlflow`\?; expected some of none, mlflow, wandb"),
        (["none", "mlflow"], r"report_to: expected `none` alone, but got none, mlflow"),
        (3, r"report_to: expected a list"),
        ({"mlflow": True}, r"report_to: expected a list"),
    ],
)
def test_what_is_no_tracker_is_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_suite({"report_to": given})


def test_the_flag_overrides_the_suite_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cotrain.commands.flags import chosen_suite

    path = write_suite(tmp_path)
    path.write_text(path.read_text() + "report_to: [mlflow]\n")
    assert load_suite(path).suite.report_to == ("mlflow",)
    assert chosen_suite(path, {"report_to": ["none"]}).suite.report_to == ()
    code, _, lines = run(capsys, "validate", str(path), "--grouping", "g.json", "--report-to", "wandbb")
    assert (code, lines[0][:52]) == (2, "error: --report-to: no tracker `wandbb`; did you mea")
    code, _, lines = run(capsys, "heatmap", "--from", "m.csv", "--report-to", "wandb")
    assert (code, lines) == (2, ["error: --report-to: tells of runs, and --from trains nothing; leave one out"])


def test_trackers_are_no_setting_that_a_run_depends_on(tmp_path: Path) -> None:
    from cotrain.suite import override

    loaded = load_suite(write_suite(tmp_path))
    marks = {"base_model": "m", "tasks.defect": "1", "tasks.clone": "2"}
    with RunFolder(tmp_path / "run") as folder:
        assert not folder.settle(override(loaded, {"report_to": "tensorboard"}), marks)
        assert folder.settle(loaded, marks)
        assert folder.settle(override(loaded, {"report_to": ["mlflow", "wandb"]}), marks)
