"""Terminals that can do little, and how wide they are."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cotrain.shadow import ROOT
from cotrain.terminal import animates, draws

pty = pytest.importorskip("pty", reason="there are no terminals to open here")


class Terminal(io.TextIOWrapper):
    """A stream that says it is one."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("settings", "encoding", "expected"),
    [
        ({}, "utf-8", (True, True)),
        ({"NO_COLOR": "1"}, "utf-8", (True, False)),
        ({"TERM": "dumb"}, "utf-8", (False, False)),
        ({}, "ascii", (False, False)),
        ({}, "latin-1", (False, False)),
    ],
)
def test_what_a_terminal_can_show(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], encoding: str, expected: tuple[bool, bool]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    stream = Terminal(encoding)
    assert (draws(stream), animates(stream)) == expected
    assert not draws(io.StringIO())


def on_terminal(folder: Path, *argv: str, **settings: str) -> tuple[int, str]:
    """Exit code, and all that a command writes to a terminal of 40 columns."""
    ours, theirs = pty.openpty()
    environment = {name: of for name, of in os.environ.items() if name not in ("NO_COLOR", "LINES")}
    environment |= {"TERM": "xterm", "COLUMNS": "40", "PYTHONPATH": str(ROOT)} | settings
    process = subprocess.Popen(
        [sys.executable, "-m", "cotrain", *argv], cwd=folder, env=environment, stdin=theirs, stdout=theirs,
        stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so where the other side has closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    return process.wait(), b"".join(parts).decode().replace("\r\n", "\n")


GAINS = "subset,size,docstring_mismatch,complexity,x\ndocstring_mismatch+complexity,2,.1,.2,\n"


def test_forty_columns_are_enough(tmp_path: Path) -> None:
    (tmp_path / "gains.csv").write_text(GAINS)
    code, shown = on_terminal(tmp_path, "search", "--table", "gains.csv")
    assert code == 0
    answer = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown[shown.rindex("serves") :]).splitlines()
    assert "─" * 10 in answer[1]
    assert max(map(len, answer)) <= 40
    assert "\x1b[" in shown, "a bar was drawn"


def test_a_terminal_without_utf_8_gets_plain_lines(tmp_path: Path) -> None:
    (tmp_path / "gains.csv").write_text(GAINS)
    code, shown = on_terminal(tmp_path, "search", "--table", "gains.csv", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert code == 0
    assert shown.isascii()
    assert "\x1b" not in shown
    assert shown.startswith("1/20 complexity+docstring_mismatch: +0.3000, best +0.3000\n")
    code, shown = on_terminal(tmp_path, "--help", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (code, shown.isascii()) == (0, True)
