"""Every code that a command ends with, as the help lists them."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from cotrain import api, command_line
from cotrain.app import main
from cotrain.exit_codes import BAD_INPUT, DONE, INTERRUPTED, MEANINGS, TERMINATED, UNEXPECTED
from tests.cotrain.samples import run
from tests.reports import samples
from trainers.interruption import Terminated


def ends(monkeypatch: pytest.MonkeyPatch, name: str, answer: Any) -> None:
    """Makes a function of the public face end so."""

    def function(*_: object, **__: object) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(api, name, function)


@pytest.mark.parametrize("name", ["six", "twelve", "refuted", "unvalidated"])
def test_an_answer_is_an_answer_whatever_its_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    found = samples.sample(name)["recommendation.json"]
    ends(monkeypatch, "recommend", found)
    code, out, err = run(capsys, "recommend")
    assert (code, err) == (DONE, [])
    assert out.rstrip().endswith("report: cotrain-run/report.html")
    code, out, err = run(capsys, "recommend", "--json")
    assert (code, json.loads(out), err) == (DONE, found, [])


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (KeyboardInterrupt(), INTERRUPTED, "stopped; the same command goes on where it was"),
        (Terminated(), TERMINATED, "stopped; the same command goes on where it was"),
        (MemoryError(), UNEXPECTED, "error: MemoryError: no message (unexpected; --debug shows where)"),
    ],
)
def test_what_ends_a_command_early(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    ends(monkeypatch, "plan", error)
    assert run(capsys, "--json", "plan") == (code, "", [line])


@pytest.mark.parametrize(("first", "code"), [(Terminated(), TERMINATED), (KeyboardInterrupt(), INTERRUPTED)])
@pytest.mark.parametrize("told", [True, False])
def test_an_error_at_cleaning_up_after_an_interruption_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], first: BaseException, code: int, told: bool
) -> None:
    """A library is cut in the middle, and fails where it ends what it had begun."""

    def cut(_given: object) -> int:
        try:
            raise first
        finally:
            try:
                raise KeyError("no such transaction")
            except KeyError as error:
                if told:
                    raise RuntimeError("cannot roll back") from error
                raise RuntimeError("cannot roll back") from None

    monkeypatch.setattr(command_line, "run", cut)
    assert run(capsys, "plan") == (code, "", ["stopped; the same command goes on where it was"])


def test_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "plan", "no-such.yaml")
    assert (code, out, len(err)) == (BAD_INPUT, "", 1)


def test_signals_have_the_codes_of_shells() -> None:
    assert (128 + signal.SIGINT, 128 + signal.SIGTERM) == (INTERRUPTED, TERMINATED)
    assert list(MEANINGS) == [DONE, UNEXPECTED, BAD_INPUT, INTERRUPTED, TERMINATED]


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """As `cotrain schema | head -1` has it, by text and by rich."""
    for argv in (["schema"], ["--help"]):
        code = f"import sys; from cotrain.app import main; sys.exit(main({argv!r}))"
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate()
        assert (process.returncode, err) == (DONE, "")


def test_completion_of_nothing_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_COTRAIN_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "cotrain nothing")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == DONE
