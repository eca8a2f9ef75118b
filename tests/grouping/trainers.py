"""Somebody's own training stacks, as small scripts."""

import shlex
import sys
from pathlib import Path

LOOP = """\
import json, sys
for line in sys.stdin:
    question = json.loads(line)
    group, seed = question["tasks"], question["seed"]
    {answer}
    sys.stdout.flush()
"""
"""Answers one line after the other until its input closes."""


def script(folder: Path, text: str, name: str = "trainer.py") -> str:
    """Writes a script; the command that runs it."""
    (folder / name).write_text(text, encoding="utf-8")
    return shlex.join([sys.executable, "-I", str(folder / name)])


def trainer(folder: Path, answer: str, name: str = "trainer.py") -> str:
    """One that does this with ``group`` and ``seed`` of every question."""
    return script(folder, LOOP.format(answer=answer), name)


def saying(folder: Path, text: str) -> str:
    """One that says the same whatever it is asked."""
    return trainer(folder, f"print({text!r})")
