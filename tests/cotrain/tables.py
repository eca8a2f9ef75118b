"""Tables of measured gains on disk."""

from collections.abc import Sequence
from pathlib import Path

from grouping.partition import Group
from tests.grouping.worlds import Truth, every_group


def gain_table(path: Path, tasks: Sequence[str], truth: Truth, groups: Sequence[Group] | None = None) -> Path:
    """A table of these groups' gains, of all by default, as published ones are."""
    lines = [f"subset,size,{','.join(tasks)}"]
    for group in every_group(tasks) if groups is None else groups:
        gains = dict(zip(sorted(group), truth(tuple(sorted(group))).tolist(), strict=True))
        lines.append(f"{'+'.join(group)},{len(group)},{','.join(repr(gains[t]) if t in gains else '' for t in tasks)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
