import errno
import sqlite3

import pytest

from cotrain import app, command_line
from cotrain.machine_errors import machine_error
from trainers.executors.workers import WorkerDied


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "x", "run/log.jsonl"), "run/log.jsonl: no room left; make some"),
        (OSError(errno.ENOSPC, "x"), "the disk: no room left; make some"),
        (OSError(errno.EROFS, "x", "run/a"), "run/a: cannot be written (Read-only file system); make it writable"),
        (PermissionError(errno.EACCES, "x", "run/a"), "run/a: cannot be written (Permission denied)"),
        (OSError(errno.EIO, "x", "run/a"), "run/a: Input/output error; see to it"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "the disk: no room left"),
        (sqlite3.OperationalError("disk I/O error"), "the database of the studies does not do its part (disk I/O err"),
        (WorkerDied("3 workers ended; the same command goes on"), "3 workers ended; the same command goes on"),
    ],
)
def test_it_is_told_in_one_line_with_the_remedy(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_argv: list[str]) -> int:
        raise error

    monkeypatch.setattr(command_line, "run", run)
    assert app.main(["doctor"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {told}")
    assert said.endswith("the same command goes on\n")


def test_what_lies_behind_an_error_of_a_library_is_told() -> None:
    error = RuntimeError("could not write")
    error.__cause__ = OSError(errno.ENOSPC, "x", "f")
    assert machine_error(error) == "f: no room left; make some, and the same command goes on"


@pytest.mark.parametrize("error", [ValueError("x"), FileNotFoundError(errno.ENOENT, "x", "f"), RuntimeError("(os x)")])
def test_anything_else_is_unexpected(error: Exception) -> None:
    assert machine_error(error) is None
