"""Ways in which what a user gives can be wrong."""

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cotrain.run_folder import RunFolder
from cotrain.suite import load_suite
from cotrain.workspace import read_workspace
from tests.cotrain.samples import SUITE, jsonl, rows
from tests.grouping.trainers import saying, script
from trainers.ledger import Ledger

AUDIT = ("audit", "suite.yaml")


@dataclass(frozen=True)
class Case:
    """One thing that is wrong.

    Args:
        name: What it is.
        spoil: Breaks it in a folder that holds a right suite.
        expected: What the line must say: the file, the place, what was found or what to do.
        argv: The command.
    """

    name: str
    spoil: Callable[[Path], object]
    expected: tuple[str, ...]
    argv: tuple[str, ...] = AUDIT


def nothing(folder: Path) -> None:
    """The command itself is wrong."""


def suite(old: str, new: str) -> Callable[[Path], None]:
    """Replaces a part of the suite file."""
    assert old in SUITE

    def spoil(folder: Path) -> None:
        (folder / "suite.yaml").write_text(SUITE.replace(old, new), encoding="utf-8")

    return spoil


def added(text: str) -> Callable[[Path], None]:
    """Adds to the suite file."""
    return lambda folder: write(folder / "suite.yaml", SUITE + text)


def file(name: str, content: str | bytes) -> Callable[[Path], None]:
    """Writes a file."""
    return lambda folder: write(folder / name, content)


def lines(name: str, values: list[object]) -> Callable[[Path], None]:
    """Writes a JSONL file."""
    return lambda folder: jsonl(folder / name, values)


def write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def model_folder(folder: Path) -> None:
    (folder / "model").mkdir()
    write(folder / "model" / "config.json", '{"model_type": "bert"}')
    write(folder / "model" / "pytorch_model.bin", b"\x80\x02}q\x00.")
    added("base_model: model\n")(folder)


def begun(folder: Path) -> None:
    loaded = load_suite(folder / "suite.yaml")
    with RunFolder(folder / "run") as opened:
        opened.settle(loaded, read_workspace(loaded).fingerprints)


def changed_data(folder: Path) -> None:
    begun(folder)
    text = (folder / "clones.csv").read_text()
    write(folder / "clones.csv", text.replace("alpha 0", "omega 0", 1))


def matrix(**changes: object) -> str:
    matrix = {
        "schema": 1,
        "tasks": ["a", "b", "c"],
        "scores": [[0, 0.1, 0], [0.2, 0, 0], [0, 0, 0]],
        "errors": [[0, 0.1, 0.1], [0.1, 0, 0.1], [0.1, 0.1, 0]],
        "estimator": "pairwise",
        "cost": {"seconds": 1.0, "flops": 1.0, "tokens_forward": 1, "tokens_backward": 1, "jobs": 1},
    }
    return json.dumps(matrix | changes)


def outlined_runs(folder: Path) -> None:
    write(folder / "s.csv", RUNS)
    write(folder / "g.json", '[["a", "c"], ["b"]]')


def says(answer: str) -> Callable[[Path], object]:
    """A trainer that says the same whatever it is asked."""
    return lambda folder: saying(folder, answer)


def runs(text: str) -> Callable[[Path], object]:
    """Another trainer."""
    return lambda folder: script(folder, text)


def searched(folder: Path) -> None:
    (folder / "run").mkdir()
    settings = {"tasks": ["a", "b"], "adapters": None, "mode": "partition", "seed": 1, "trainer": PROGRAM}
    write(folder / "run" / "search.json", json.dumps({"schema": 1} | settings))
    Ledger(folder / "run" / "ledger.sqlite").put("question", "a+b", b"[0.1, 0.1]")


DATA = "{train: train.jsonl, validation: valid.jsonl, test: test.jsonl}"
ODD = [*rows(20, start=200), {"code": "x = 1", "target": 7}]
RECOMMEND = ("recommend", "suite.yaml", "--quiet", "--workers", "1")
HEATMAP = ("heatmap", "--from", "m.json")
FINISHED = ("heatmap", "--from", "s.csv")
RUNS = "group,task,score,seed\na,a,.7,0\nb,b,.5,0\na+b,a,.8,0\na+b,b,.6,0\n"
GAINS = "subset,size,a,b\na+b,2,.1,-.2\n"
PROGRAM = shlex.join([sys.executable, "-I", "trainer.py"])
TABLE = ("search", "--table", "s.csv", "--quiet")
TRAINER = ("search", "--trainer", PROGRAM, "--tasks", "a,b", "--quiet")
POOL = ("search", "--trainer", PROGRAM, "--tasks", "a,b,clone", "--pool", "p.txt")
PAIR = "--trainer: {a, b}"
VALIDATE = ("validate", "suite.yaml", "--grouping", "g.json")


def picture_in_the_way(folder: Path) -> None:
    write(folder / "m.json", matrix())
    write(folder / "out", "a file")


def pickle(folder: Path) -> None:
    write(folder / "clones.pkl", b"\x80\x02}q\x00.")
    suite("clones.csv", "clones.pkl")(folder)


def junk_parquet(folder: Path) -> None:
    write(folder / "clones.parquet", b"PAR1 and then nothing")
    suite("clones.csv", "clones.parquet")(folder)
