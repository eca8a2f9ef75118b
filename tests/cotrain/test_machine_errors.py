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
        (OSError(errno.EROFS, "x", "run/a"), "run/a: Read-only file system; see to it"),
        (PermissionError(errno.EACCES, "x", "run/a"), "run/a: Permission denied; see to it"),
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


def test_what_was_dealt_with_is_not_told() -> None:
    error = RuntimeError("of ours")
    error.__context__ = OSError(errno.ENOSPC, "x", "f")
    assert machine_error(error) is not None
    error.__suppress_context__ = True  # raised `from None`
    assert machine_error(error) is None


@pytest.mark.parametrize("error", [ValueError("x"), FileNotFoundError(errno.ENOENT, "x", "f"), RuntimeError("(os x)")])
def test_anything_else_is_unexpected(error: Exception) -> None:
    assert machine_error(error) is None
