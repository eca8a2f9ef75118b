"""What changed between two sets of settings, by dotted field."""

from collections.abc import Mapping
from typing import Any


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Fields whose values differ: the field, the value before and the value now; ``nothing`` where there is none.

    A mapping that is there on one side only is one difference; beside a plain value it is spelt out.
    """
    found: list[tuple[str, str, str]] = []
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [(f"{name}.{field}", was, is_now) for field, was, is_now in differences(old, new)]
        elif old != new:
            found.append((name, _shown(old, beside=new), _shown(new, beside=old)))
    return found


def _shown(value: Any, *, beside: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping) and beside is None:
        return "given"
    text = ", ".join(f"{name} {of}" for name, of in value.items()) if isinstance(value, Mapping) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
