"""A command as an oracle: what is said to it, what it may say, and how it ends."""

import json
import os
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from grouping.oracles import command as command_oracle
from grouping.oracles.command import CommandOracle
from tasks.errors import InputError
from tests.grouping.trainers import saying, script, trainer

TASKS = ("b", "a", "c")
PAIR = ("a", "b")
FORMS = {
    '{"gains": {"a": 0.5, "b": -1}}': [0.5, -1.0],
    '  {"gains": {"b": 2e-3, "a": 0}, "seconds": 7}  ': [0.0, 2e-3],
    '{"gains": {"a": 1, "b": 2, "a": 3}}': [3.0, 2.0],
    '{"gains": {"a": 1, "b": 2}, "error": null}': [1.0, 2.0],
}
WRONG = {
    "": "found ``, which is no JSON; expected one line such as",
    "loss: 0.3": "found `loss: 0.3`, which is no JSON",
    '{"gains": {"a": 1, "b": 2}': "which is no JSON",
    "[" * 100_000: "which is no JSON",
    "x" * 500: f"found `{'x' * 120}`, which is no JSON",
    '["a", "b"]': 'found `["a", "b"]`; expected one line',
    "null": "found `null`; expected one line",
    '{"gain": {"a": 1, "b": 2}}': "the answer has no `gains`",
    '{"gains": [1, 2]}': "the answer has no `gains`",
    '{"error": null}': "the answer has no `gains`",
    '{"gains": {"a": 1}}': "the answer has no gain for `b`; every member needs one",
    '{"gains": {"a": 1, "b": 2, "c": 3}}': "a gain for `c`, which is not in the group",
    '{"gains": {"a": NaN, "b": 2}}': "the gain of `a` is NaN; expected a finite number",
    '{"gains": {"a": 1, "b": -Infinity}}': "the gain of `b` is -Infinity; expected a finite number",
    '{"gains": {"a": 1e999, "b": 2}}': "the gain of `a` is Infinity; expected a finite number",
    '{"gains": {"a": true, "b": 2}}': "the gain of `a` is true; expected a finite number",
    '{"gains": {"a": "0.1", "b": 2}}': 'the gain of `a` is "0.1"; expected a finite number',
    '{"gains": {"a": null, "b": 2}}': "the gain of `a` is null; expected a finite number",
    '{"gains": {"a": [1], "b": 2}}': r"the gain of `a` is [1]; expected a finite number",
    f'{{"gains": {{"a": {"9" * 400}, "b": 2}}}}': f"the gain of `a` is {'9' * 120}; expected a finite number",
    f'{{"gains": {{"a": {"9" * 5000}, "b": 2}}}}': "which is no JSON",
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts that would not end are waited for less long."""
    monkeypatch.setattr(command_oracle, "PATIENCE", 0.3)


def test_the_protocol_by_hand(tmp_path: Path) -> None:
    """One line per question, members in the order of the tasks, the seed in every one, one process for all."""
    log = tmp_path / "log"
    answer = f"open({str(log)!r}, 'a').write(line); print(json.dumps({{'gains': {{t: len(t) + seed for t in group}}}}))"
    with CommandOracle(trainer(tmp_path, answer), TASKS, seed=7) as oracle:
        for group in (PAIR, ("a", "b", "c")):
            found = oracle.ask(group)
            assert found is not None
            assert found.group == group
            np.testing.assert_array_equal(found.mean, [8.0] * len(group))
            np.testing.assert_array_equal(found.error, [0.0] * len(group))
    assert log.read_text() == '{"tasks": ["b", "a"], "seed": 7}\n{"tasks": ["b", "a", "c"], "seed": 7}\n'
    assert oracle.refusals == {}


@pytest.mark.parametrize("line", FORMS)
def test_forms_of_an_answer(line: str, tmp_path: Path) -> None:
    with CommandOracle(saying(tmp_path, line), TASKS, seed=0) as oracle:
        found = oracle.ask(PAIR)
    assert found is not None
    np.testing.assert_array_equal(found.mean, FORMS[line])


def test_names_in_other_scripts_pass_both_ways(tmp_path: Path) -> None:
    tasks = ("défaut", "克隆")
    said = "json.dumps({'gains': {t: float(len(t)) for t in group}}, ensure_ascii=False)"
    answer = f"sys.stdout.buffer.write({said}.encode() + b'\\n')"
    with CommandOracle(trainer(tmp_path, answer), tasks, seed=0) as oracle:
        found = oracle.ask(tasks)
    assert found is not None
    np.testing.assert_array_equal(found.mean, [6, 2])


def test_an_error_refuses_one_group_and_the_command_goes_on(tmp_path: Path) -> None:
    answer = "print(json.dumps({'error': 'no\\n memory'} if len(group) > 2 else {'gains': dict.fromkeys(group, 1)}))"
    with CommandOracle(trainer(tmp_path, answer), TASKS, seed=0) as oracle:
        assert oracle.ask(("a", "b", "c")) is None
        assert oracle.ask(PAIR) is not None
    assert oracle.refusals == {("a", "b", "c"): "no memory"}


@pytest.mark.parametrize("line", WRONG, ids=range(len(WRONG)))
def test_a_wrong_answer_is_one_line_that_names_the_group(line: str, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(line)
    command = trainer(tmp_path, f"print(open({str(tmp_path / 'answer')!r}).read())")
    with pytest.raises(InputError) as caught, CommandOracle(command, TASKS, seed=0) as oracle:
        oracle.ask(PAIR)
    assert caught.value.place == "--trainer: {a, b}"
    assert WRONG[line] in caught.value.message
    assert len(caught.value.message) < 400


@pytest.mark.usefixtures("impatient")
def test_a_command_that_says_no_more(tmp_path: Path) -> None:
    text = "import os, time; input(); os.close(1); time.sleep(60)"
    with pytest.raises(InputError, match="ended its output before it answered"), CommandOracle(
        script(tmp_path, text), TASKS, seed=0
    ) as oracle:  # fmt: skip
        oracle.ask(PAIR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("raise SystemExit(3)", "ended with code 3 before it answered"),
        ("input()", "ended with code 0 before it answered; it must read questions until its input closes"),
        ('input(); print(\'{"gains": {"a": 1, "b"\', end=\'\')', "which is no JSON"),
    ],
)
def test_a_command_that_ends_early(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=expected) as caught, CommandOracle(
        script(tmp_path, text), TASKS, seed=0
    ) as oracle:  # fmt: skip
        oracle.ask(PAIR)
    assert caught.value.place == "--trainer: {a, b}"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("", "the command is empty"),
        ("  ", "the command is empty"),
        ("python 'train.py", "cannot be split (No closing quotation); close the quote"),
        ("./no-such-program --fast", "`./no-such-program` cannot be started (No such file or directory)"),
        (".", "`.` cannot be started"),
        ("a\0b", "cannot be started"),
    ],
)
def test_a_command_that_cannot_start(command: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        CommandOracle(command, TASKS, seed=0)
    assert caught.value.place == "--trainer"
    assert expected in caught.value.message


def test_it_is_split_as_a_shell_would_and_run_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the current folder, with its standard error passed through."""
    monkeypatch.chdir(tmp_path)
    text = "import os, sys; print(sys.argv[1:], os.path.exists('here'), file=sys.stderr)"
    (tmp_path / "here").touch()
    script(tmp_path, text)
    with CommandOracle(f"{shlex.quote(sys.executable)} trainer.py 'a b' $HOME *", TASKS, seed=0):
        pass
    assert capfd.readouterr().err == "['a b', '$HOME', '*'] True\n"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("failed", [False, True])
def test_a_command_that_goes_on_after_its_input_closed_is_ended(ignored: bool, failed: bool, tmp_path: Path) -> None:
    """Also one that does not mind being told so."""
    ignoring = "signal.signal(signal.SIGTERM, signal.SIG_IGN)" if ignored else ""
    text = (
        f"import json, os, signal, sys, time\n{ignoring}\nsys.stdin.readline()\n"
        "print(json.dumps({'gains': {'a': os.getpid(), 'b': 0}}), flush=True)\ntime.sleep(600)\n"
    )
    pid = 0
    try:
        with CommandOracle(script(tmp_path, text), TASKS, seed=0) as oracle:
            found = oracle.ask(PAIR)
            assert found is not None
            pid = int(found.mean[0])
            os.kill(pid, 0)
            if failed:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert failed
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_was_said_is_json(tmp_path: Path) -> None:
    """A question is one line even where a name is not plain."""
    tasks = ('a "b"', "c\\d")
    log = tmp_path / "log"
    answer = f"open({str(log)!r}, 'a').write(line); print(json.dumps({{'gains': dict.fromkeys(group, 0.5)}}))"
    with CommandOracle(trainer(tmp_path, answer), tasks, seed=0) as oracle:
        assert oracle.ask(tasks) is not None
    assert json.loads(log.read_text()) == {"tasks": list(tasks), "seed": 0}
