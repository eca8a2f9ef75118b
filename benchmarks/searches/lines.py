"""Measurements that outlive a kill: each is a line of a file before the next one begins."""

import json
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

Key = tuple[Hashable, ...]


class NotMeasured(LookupError):
    """A measurement that is missing where nothing may be measured."""


class Lines:
    """Finished measurements by key, in a file of JSON lines; a last line that was cut off is dropped.

    Args:
        path: The file; made with the first measurement.
        key: Fields that tell one measurement from another.
        closed: Whether nothing new may be measured.
    """

    def __init__(self, path: Path, *, key: tuple[str, ...], closed: bool = False) -> None:
        self._path, self._key, self._closed = path, key, closed
        self._found: dict[Key, dict[str, Any]] = {}
        if not path.exists():
            return
        text = path.read_text()
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole)
        for line in whole.splitlines():
            self._add(json.loads(line))

    def measured(self, fields: dict[str, Any], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What was measured under these fields, now or before; they are part of it.

        Raises:
            NotMeasured: If it was not, and nothing may be.
        """
        key = tuple(fields[name] for name in self._key)
        if key not in self._found:
            if self._closed:
                raise NotMeasured(key)
            line = json.dumps(fields | measure())
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(line + "\n")
            self._add(json.loads(line))
        return self._found[key]

    def _add(self, line: dict[str, Any]) -> None:
        self._found[tuple(line[name] for name in self._key)] = line
