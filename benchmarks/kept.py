"""Measurements that outlive a kill: each is in a file before the next one begins."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reports.files import write_bytes


class Kept:
    """Finished measurements by name, in a JSON file.

    Args:
        path: The file; made with the first measurement.
        settings: What all of them were measured with, as JSON has it.

    Raises:
        SystemExit: If the file holds measurements with other settings.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self._path = path
        self._found: dict[str, Any] = {}
        if path.exists():
            found = json.loads(path.read_text())
            if found["settings"] != settings:
                raise SystemExit(
                    f"{path} holds measurements with {found['settings']}, not {settings}: name another folder"
                )
            self._found = found["measured"]
        self._settings = settings

    @property
    def found(self) -> dict[str, Any]:
        """All finished measurements."""
        return dict(self._found)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def measured(self, name: str, measure: Callable[[], Any]) -> Any:
        """What was measured under this name, now or before."""
        if name not in self._found:
            self._found[name] = json.loads(json.dumps(measure()))
            write_json(self._path, {"settings": self._settings, "measured": self._found})
            print(f"{name}: {json.dumps(self._found[name])}", flush=True)
        return self._found[name]


def write_json(path: Path, content: Any) -> None:
    """Writes the whole file or none of it."""
    write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())
