"""Options of the whole program: they may stand anywhere, and say what they promise."""

import json
import logging
from pathlib import Path

import pytest

from cotrain.exit_codes import MEANINGS
from cotrain.manner import Manner, is_quiet, manner_of, talking
from tests.cotrain.samples import run, write_suite

GAINS = "subset,size,a,b,c\na+b,2,.1,.2,\na+c,2,.1,,.3\nb+c,2,,.1,.1\na+b+c,3,.1,.1,.1\n"
SEARCH = ("search", "--table", "gains.csv")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "gains.csv").write_text(GAINS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "manner", "left"),
    [
        (["plan", "--debug"], Manner(debug=True), ["plan"]),
        (["--verbose", "plan", "--verbose"], Manner(verbose=True), ["plan"]),
        (["plan", "--quiet", "s.yaml"], Manner(quiet=True), ["plan", "s.yaml"]),
        (["--json", "plan", "s.yaml"], Manner(), ["plan", "--json", "s.yaml"]),
        (["plan", "s.yaml", "--json"], Manner(), ["plan", "s.yaml", "--json"]),
        (["--json", "--version"], Manner(), ["--json", "--version"]),
        (["predict", "--", "--debug"], Manner(), ["predict", "--", "--debug"]),
        ([], Manner(), []),
    ],
)
def test_where_options_stand_makes_no_difference(given: list[str], manner: Manner, left: list[str]) -> None:
    assert manner_of(given) == (manner, left)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_json_is_alone_on_standard_output_wherever_it_stands(
    folder: Path, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    given = [*SEARCH[:place], "--json", *SEARCH[place:]]
    code, out, _ = run(capsys, *given)
    assert code == 0
    assert json.loads(out)["models"] == 4


@pytest.mark.parametrize("argv", [("audit", "none.yaml"), ("heatmap", "--from", "none.csv"), ("report", "none")])
def test_a_failure_prints_no_json(folder: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]) -> None:
    code, out, err = run(capsys, "--json", *argv)
    assert (code, out, len(err)) == (2, "", 1)


def test_quiet_leaves_the_answer_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loud = run(capsys, *SEARCH)
    code, out, err = run(capsys, "--quiet", *SEARCH)
    assert (code, out, err) == (0, loud[1], [])
    assert len(loud[2]) == 4
    assert not is_quiet(), "it holds for one command"


def test_verbose_says_why_each_group_was_trained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *SEARCH, "--json", "--verbose")
    assert code == 0
    json.loads(out)
    said = [line.partition("] ")[2] for line in err]
    assert said[0].startswith("search: 3 tasks, at most 3 adapters, partition; 4 groups can be trained")
    assert said[1] == "search: a+b+c was trained, as nothing is known before"
    assert "was expected to be worth" in said[2]
    assert logging.getLogger("cotrain").handlers == [], "it holds for one command"


def test_a_command_cannot_be_quiet_and_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "plan", "--quiet", "--verbose")
    assert (code, out) == (2, "")
    assert err == ["error: --quiet, --verbose: they contradict each other; leave one out"]


def test_what_is_said_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with talking(Manner(verbose=True)):
        logging.getLogger("cotrain.jobs").info("task %s", "\x1b[31mred\nblue")
    assert capsys.readouterr().err.endswith("] task  [31mred blue\n")


def test_small_commands_have_json_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "--json", "init")
    assert (code, json.loads(out)) == (0, {"schema": 1, "wrote": "suite.yaml"})
    assert run(capsys, "--json", "schema") == run(capsys, "schema")
    write_suite(tmp_path)
    code, out, _ = run(capsys, "--json", "audit", "suite.yaml", "--tasks", "defect,clone")
    assert (code, json.loads(out)["schema"]) == (0, 1)


def test_the_help_tells_options_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for flag in ("--json", "--quiet", "--verbose", "--debug", "--install-completion", "--show-completion"):
        assert f" {flag} " in out
    lines = [line.strip() for line in out.splitlines()]
    assert [f"{number:<3}  {meaning}" in lines for number, meaning in MEANINGS.items()] == [True] * len(MEANINGS)
