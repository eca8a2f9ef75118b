"""Lines of ``log.jsonl``: what they say of earlier commands."""

import json
from pathlib import Path

import pytest

from cotrain.events import append, earlier_seconds, read_events


def write(path: Path, *events: tuple[str, str]) -> Path:
    path.write_text("".join(f"{json.dumps({'time': f'2026-01-01T{at}+00:00', 'event': of})}\n" for at, of in events))
    return path


def test_time_between_commands_is_not_counted(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log.jsonl",
        ("10:00:00", "started"),
        ("10:00:40", "trained"),  # killed after it
        ("12:00:00", "started"),
        ("12:01:00", "probed"),
        ("12:01:30", "finished"),
        ("15:00:00", "started"),
        ("15:10:00", "probed"),  # the one that is running
    )
    assert earlier_seconds(log) == 40 + 90


@pytest.mark.parametrize("text", ["", '{"event": "started"}\n', '{"time": 3, "event": "started"}\nnonsense\n'])
def test_without_times_nothing_is_counted(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.jsonl").write_text(text)
    append(tmp_path / "log.jsonl", "started", {})
    assert earlier_seconds(tmp_path / "log.jsonl") == 0
    assert earlier_seconds(tmp_path / "none.jsonl") == 0
    assert [event["event"] for event, _ in read_events(tmp_path / "log.jsonl")][-1] == "started"
