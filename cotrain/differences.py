"""What changed between two sets of settings, by dotted field."""

from collections.abc import Mapping
from typing import Any


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Fields whose values differ: the field, the value before and the value now; ``nothing`` where there is none.

    A mapping that is there on one side only is one difference.
    """
    found: list[tuple[str, str, str]] = []
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [(f"{name}.{field}", was, is_now) for field, was, is_now in differences(old, new)]
        elif old != new:
            found.append((name, _shown(old), _shown(new)))
    return found


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "given"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
