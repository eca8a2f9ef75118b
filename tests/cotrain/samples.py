"""A small suite on disk that is right in every respect, for tests that break one thing."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from cotrain.app import main

SUITE = """\
tasks:
  defect:
    data: {train: train.jsonl, validation: valid.jsonl, test: test.jsonl}
    text: code
    label: target
    metric: accuracy
  clone:
    data: clones.csv
    text: [left, right]
    label: is_clone
    metric: f1
"""

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


def rows(count: int, *, start: int = 0) -> list[dict[str, object]]:
    """Distinct texts of two classes in turn."""
    return [{"code": f"def f{i}(): return {WORDS[i % 8]}_{i}", "target": i % 2} for i in range(start, start + count)]


def jsonl(path: Path, lines: Sequence[object]) -> None:
    """One JSON object per line."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def write_suite(folder: Path, text: str = SUITE) -> Path:
    """The suite file with its data."""
    jsonl(folder / "train.jsonl", rows(40))
    jsonl(folder / "valid.jsonl", rows(32, start=100))
    jsonl(folder / "test.jsonl", rows(24, start=200))
    pairs = [f"{WORDS[i % 8]} {i},{WORDS[(i + i % 3) % 8]} {i + 500},{i % 2}" for i in range(120)]
    (folder / "clones.csv").write_text("\n".join(["left,right,is_clone", *pairs]) + "\n", encoding="utf-8")
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, list[str]]:
    """Exit code, standard output, and the lines of standard error of one command."""
    capsys.readouterr()
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()
