"""One folder that was exported, and the texts on which exports are checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups

ROWS = 4
"""Texts on which an export is compared with the trained group."""


@dataclass(frozen=True)
class Exported:
    """One folder.

    Args:
        name: Task or group.
        folder: Where it is.
        readers: What reads it.
        apart: The largest difference between its logits, read in a fresh process without this project, and ours,
            relative to the largest; None where only cotrain reads the heads.
        missing: Why nothing could be written, if so.
    """

    name: str
    folder: Path
    readers: str
    apart: float | None
    missing: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = {"name": self.name, "folder": str(self.folder), "readers": self.readers, "apart": self.apart}
        return found | ({"missing": self.missing} if self.missing else {})


def sample_rows(groups: "LoadedGroups", name: str) -> list[list[int]]:
    """Token ids of some texts of different length."""
    words = ["def", "return", "x", "+", "1", "if", "not", "found", ":", "raise"]
    texts = [" ".join(words[: 2 + 2 * row] * (row + 1)) for row in range(ROWS)]
    return groups.tokenize(texts, groups.task(name).described["max_length"])
