"""Nested settings as flat ones, for trackers that have no others."""

import json
from collections.abc import Mapping
from typing import Any


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by dotted name, such as ``budget.passes``; a list is its JSON.

    >>> flat({"seed": 1, "budget": {"passes": 3}, "tags": ["a", "b"]})
    {'seed': 1, 'budget.passes': 3, 'tags': '["a", "b"]'}
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = json.dumps(value) if isinstance(value, list | tuple) else value
    return found
