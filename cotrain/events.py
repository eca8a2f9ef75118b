"""The lines of a run folder's ``log.jsonl``, one event each: written as they happen, and read again later."""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cotrain.json_text import to_json_line

LOG = "log.jsonl"
"""Name of the file in a run folder."""


def append(path: Path, event: str, details: Mapping[str, Any]) -> None:
    """Adds one line; one that a killed run left half written stays alone."""
    line = to_json_line({"time": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **details})
    with path.open("ab+") as stream:
        if stream.tell() > 0:
            stream.seek(-1, os.SEEK_END)
            line = line if stream.read(1) == b"\n" else f"\n{line}"
        stream.write(line.encode())


def read_events(path: Path, start: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Every whole line from byte ``start`` on that is an event, and the byte after it; none where there is no file."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        stream.seek(start)
        for line in stream:
            start += len(line)
            if not line.endswith(b"\n"):
                return
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict) and isinstance(found.get("event"), str):
                yield found, start


def earlier_seconds(path: Path) -> float:
    """Seconds that earlier commands worked in the folder: of each from its start to its last line, the running one's
    start being the last in the file."""
    total, first, last = 0.0, None, None
    for event, _ in read_events(path):
        try:
            at = datetime.fromisoformat(event["time"])
        except (KeyError, TypeError, ValueError):
            continue
        if event["event"] == "started":
            total += (last - first).total_seconds() if first is not None and last is not None else 0.0
            first = at
        last = at
    return total
