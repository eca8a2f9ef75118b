"""Docstrings as Sphinx reads them: tables of Markdown, and fields whose first sentence holds a colon."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def converted(lines: Sequence[str]) -> list[str]:
    """The lines with every table that begins with ``| a | b |`` and ``|---|---|`` as a ``list-table``."""
    found: list[str] = []
    at = 0
    while at < len(lines):
        if lines[at].lstrip().startswith("| ") and at + 1 < len(lines) and _is_rule(lines[at + 1]):
            end = at
            while end < len(lines) and lines[end].lstrip().startswith("|"):
                end += 1
            indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
            rows = [_cells(lines[at]), *map(_cells, lines[at + 2 : end])]
            found += [indent + line if line else "" for line in _list_table(rows)]
            at = end
        else:
            found.append(lines[at])
            at += 1
    return found


def _is_rule(line: str) -> bool:
    return set(line.strip()) <= set("|-: ") and "-" in line


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _list_table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["", ".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'* -' if place == 0 else '  -'} {cell}" for place, cell in enumerate(row)]
    return [*lines, ""]


FIELDS = ("attribute", "data", "property")
"""Whose docstrings begin with a type for Napoleon, up to the first line's colon, unless a comment stands there."""


def process(_app: "Sphinx", what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Called by Sphinx for every docstring, before Napoleon reads it."""
    lines[:] = [*(["..", ""] if what in FIELDS else []), *converted(lines)]


def setup(app: "Sphinx") -> None:
    """Registers the conversion."""
    app.connect("autodoc-process-docstring", process, priority=400)
