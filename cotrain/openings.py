"""How often the test split was looked at, for which groupings."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Opening:
    """One look at the test split: everything that was planned before it, and every resumption of it.

    Args:
        key: Hash of the grouping, the settings and the test data.
        tests: Fingerprints of the tasks' data.
        groups: The grouping that was judged.
    """

    key: str
    tests: str
    groups: tuple[tuple[str, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)


def opening(groups: Sequence[Sequence[str]], *, settings: Mapping[str, Any], tests: Mapping[str, str]) -> Opening:
    """The look at ``tests`` that judges ``groups`` under ``settings``; equal in content means the same look."""
    canonical = tuple(sorted(tuple(sorted(group)) for group in groups))
    data = _hash(sorted(tests.items()))
    return Opening(_hash([canonical, settings, data]), data, canonical)


def count(openings: Sequence[Opening], look: Opening) -> tuple[list[Opening], int]:
    """All looks with this one among them, and how many of them were at the same test data."""
    known = list(openings) if any(other.key == look.key for other in openings) else [*openings, look]
    return known, sum(other.tests == look.tests for other in known)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
