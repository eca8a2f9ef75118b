"""``cotrain search`` from end to end: a table is replayed, a trainer is driven."""

import json
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grouping.oracles import command as command_oracle
from tests.cotrain.samples import run
from tests.cotrain.tables import gain_table
from tests.grouping.trainers import script, trainer
from tests.grouping.worlds import Array, names, noise, planted

TASKS = names(6)
HOME = dict(zip(TASKS, (0, 1, 0, 1, 1, 0), strict=True))
KIN = {"a": "acf", "c": "acf", "f": "acf", "b": "bde", "d": "bde", "e": "bde"}
TRAINS = f"""\
kin = {KIN!r}
    gains = {{t: sum(0.1 if s in kin[t] else -0.1 for s in group if s != t) / (len(group) - 1) for t in group}}
    open("log", "a").write(line)
    print("trained", *group, file=sys.stderr)
    print(json.dumps({{"gains": gains}}))"""
"""The planted groups, as a trainer would find them."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found_by(capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, Any]:
    """The object of ``--json``: standard output holds nothing else, and standard error nothing at all."""
    code, out, err = run(capsys, "search", "--json", *flags)
    assert (code, err) == (0, [])
    found: dict[str, Any] = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["schema"] == 1
    return found


def check(found: dict[str, Any], gains: dict[tuple[str, ...], Array], *, adapters: int, mode: str) -> None:
    """What programs may rely on, and the value recomputed."""
    groups = [tuple(group) for group in found["groups"]]
    assert len(groups) <= adapters
    assert sorted(found["served_by"]) == sorted({task for group in gains for task in group})
    assert all(task in groups[index] for task, index in found["served_by"].items())
    assert set(found["served_by"].values()) == set(range(len(groups)))
    if mode == "partition":
        assert sum(map(len, groups)) == len(found["served_by"])
    worth = {t: 0.0 if len(groups[i]) == 1 else gains[groups[i]][groups[i].index(t)]
             for t, i in found["served_by"].items()}  # fmt: skip
    assert found["value"] == pytest.approx(sum(worth.values()))
    assert found["gains"] == pytest.approx(worth)


def table_of(path: Path) -> dict[tuple[str, ...], Array]:
    """Read again, on its own."""
    header, *rows = (line.split(",") for line in path.read_text().splitlines())
    cells = {tuple(row[0].split("+")): dict(zip(header, row, strict=True)) for row in rows}
    return {group: np.array([float(of[task]) for task in group]) for group, of in cells.items()}


@pytest.mark.parametrize("mode", ["partition", "cover"])
def test_a_table_is_replayed(mode: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = gain_table(folder / "gains.csv", TASKS, noise(2))
    flags = ("--table", "gains.csv", "--adapters", "3", "--mode", mode, "--models", "6", "--seed", "5")
    found = found_by(capsys, *flags)
    check(found, table_of(path), adapters=3, mode=mode)
    assert (found["models"], found["mode"], found["adapters"]) == (6, mode, 3)
    assert found_by(capsys, *flags) == found
    assert sorted(of.name for of in folder.iterdir()) == ["gains.csv"]


def test_a_table_in_words_with_progress(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gain_table(folder / "gains.csv", TASKS, planted(HOME, 0.1))
    code, out, err = run(capsys, "search", "--table", "gains.csv", "--adapters", "2", "--models", "12")
    assert code == 0
    assert len(err) == 12
    assert err[0] == "1/12 a+b+c+d+e+f: -0.1200, best -0.1200"
    assert err[-1].endswith("best +0.6000")
    lines = [line.split() for line in out.splitlines()]
    assert ["1", "a,", "c,", "f", "+0.3000", "-"] in lines
    assert ["2", "b,", "d,", "e", "+0.3000", "-"] in lines
    assert "2 adapters for 6 tasks: the gains add up to +0.6000; every task alone is 0, all together -0.1200." in out
    assert run(capsys, "search", "--table", "gains.csv", "--quiet", "--models", "0") == (0, ANY_SINGLES, [])


def test_a_confidence_ends_it_early(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gain_table(folder / "gains.csv", TASKS, planted(HOME, 0.1))
    flags = ("--table", "gains.csv", "--adapters", "2", "--models", "57")
    early = found_by(capsys, *flags, "--confidence", "0.5")
    whole = found_by(capsys, *flags)
    assert (early["stable"], whole["stable"], whole["models"]) == (True, False, 57)
    assert early["models"] < 57
    assert early["asked"] == whole["asked"][: early["models"]]
    assert early["asked"][0]["chance"] is None
    assert all(of["chance"] > 0.5 for of in early["asked"][1:])
    assert whole["asked"][early["models"]]["chance"] <= 0.5
    code, out, err = run(capsys, "search", *flags, "--confidence", "1.5")
    assert (code, out, err) == (2, "", ["error: --confidence: found 1.5; expected a share above 0 and below 1"])


ANY_SINGLES = """\
group  serves  sum of gains  helped by
-----  ------  ------------  ---------
    1  a            +0.0000  -
    2  b            +0.0000  -
    3  c            +0.0000  -
    4  d            +0.0000  -
    5  e            +0.0000  -
    6  f            +0.0000  -

6 adapters for 6 tasks: the gains add up to +0.0000; every task alone is 0.
0 models trained. Gains are measured, and the choice is the best among what was trained.
"""


def test_a_trainer_is_driven_and_asked_one_question_at_a_time(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its standard error is passed through, so it is read beside standard output here."""
    command = trainer(folder, TRAINS)
    flags = ("--trainer", command, "--tasks", "f, a,b,c,d,e", "--adapters", "2", "--seed", "7", "--models", "12")
    capfd.readouterr()
    code, out, err = run(capfd, "search", "--json", *flags)
    assert code == 0
    assert len(err) == 12
    assert all(line.startswith("trained ") for line in err)
    found = json.loads(out)
    truth = {tuple(of["group"]): np.array([of["gains"][t] for t in of["group"]]) for of in found["asked"]}
    check(found, truth, adapters=2, mode="partition")
    assert found["groups"] == [["a", "c", "f"], ["b", "d", "e"]]
    assert list(found["served_by"]) == ["f", "a", "b", "c", "d", "e"], "in the order that was given"
    questions = [json.loads(line) for line in Path("log").read_text().splitlines()]
    assert questions[0] == {"tasks": ["f", "a", "b", "c", "d", "e"], "seed": 7}
    assert [sorted(of["tasks"]) for of in questions] == [of["group"] for of in found["asked"]]
    assert len({tuple(of["tasks"]) for of in questions}) == found["models"] == 12


def test_what_a_trainer_cannot_train_counts_and_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = "print(json.dumps({'error': 'too many'} if len(group) > 2 else {'gains': dict.fromkeys(group, 0.25)}))"
    flags = ("--trainer", trainer(folder, answer), "--tasks", "a,b,c,d", "--models", "8", "--out", "run")
    found = found_by(capsys, *flags)
    assert found["models"] == 8
    refused = [of["group"] for of in found["asked"] if of["gains"] is None]
    assert found["refused"] == {"+".join(group): "too many" for group in refused}
    assert refused[0] == ["a", "b", "c", "d"]
    assert found["value"] == pytest.approx(0.25 * sum(len(group) == 2 for group in found["groups"]) * 2)
    assert json.loads(Path("run/grouping.json").read_text()) == found
    assert sorted(of.name for of in Path("run").iterdir()) == [
        ".lock", "grouping.json", "ledger.sqlite", "search.json", "study.sqlite"
    ]  # fmt: skip
    assert found_by(capsys, *flags) == found, "called again it says the same"
    code, out, err = run(capsys, "search", *flags, "--quiet")
    assert (code, err) == (0, [])
    said = f"{8 - len(refused)} models trained, {len(refused)} more asked for that could not be, 8 of all in an earlier"
    assert said.replace("1 models", "1 model") in out


def test_a_pool_is_all_that_a_trainer_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pool.txt").write_text("c + a\n\nb\na+c\nb+d\n")
    flags = ("--trainer", trainer(folder, TRAINS), "--tasks", "a,b,c,d,e", "--pool", "pool.txt")
    found = found_by(capsys, *flags)
    assert found["groups"] == [["a", "c"], ["b", "d"], ["e"]]
    assert found["models"] == 2
    assert found["baselines"]["together"] is None
    assert {of["group"][0] for of in found["asked"]} == {"a", "b"}


def test_a_trainer_that_does_not_end_is_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_oracle, "PATIENCE", 0.2)
    text = (
        "import json, os, sys, time\nopen('pid', 'w').write(str(os.getpid()))\nfor line in sys.stdin:\n"
        "    print(json.dumps({'gains': dict.fromkeys(json.loads(line)['tasks'], 0.5)}), flush=True)\ntime.sleep(600)\n"
    )
    found = found_by(capsys, "--trainer", script(folder, text), "--tasks", "a,b")
    assert (found["groups"], found["value"], found["models"]) == ([["a", "b"]], 1.0, 1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What a shell starts in the background ignores interruptions; here they arrive all the same."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_says_how_to_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "import os, signal, sys\nsys.stdin.readline()\nos.kill(os.getppid(), signal.SIGINT)\nsys.stdin.readline()\n"
    code, out, err = run(capsys, "search", "--trainer", script(folder, text), "--tasks", "a,b")
    assert (code, out, err) == (130, "", ["stopped; the same command goes on where it was"])


def test_control_characters_of_names_do_not_reach_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = "print(json.dumps({'gains': dict.fromkeys(group, -0.5)}))"
    tasks = "a\x1b[31m,b"
    code, out, err = run(capsys, "search", "--trainer", trainer(folder, answer), "--tasks", tasks, "--adapters", "1")
    assert code == 0
    assert "\x1b" not in out
    assert "\x1b" not in "".join(err)
    assert "Worse than alone:" in out


def test_a_command_is_quoted_as_in_a_shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path with a space, and an argument that looks like a flag of ours."""
    (folder / "my trainer.py").write_text(
        "import json, sys\nassert sys.argv[1:] == ['--json'], sys.argv\nfor line in sys.stdin:\n"
        "    print(json.dumps({'gains': dict.fromkeys(json.loads(line)['tasks'], 0.1)}), flush=True)\n"
    )
    command = f"{shlex.quote(sys.executable)} 'my trainer.py' --json"
    found = found_by(capsys, "--trainer", command, "--tasks", "a,b")
    assert found["value"] == pytest.approx(0.2)
