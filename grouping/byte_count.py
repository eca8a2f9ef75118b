"""A number of bytes in a suite file: ``2000000``, or a text such as ``2MB`` or ``1.5 GiB``."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

UNITS = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30,
    "tib": 2**40,
}  # fmt: skip
"""Bytes of each unit, in lower case: of a thousand, or with an ``i`` of 1024."""
MOST = 2**60
"""Above it a number is no size of adapters."""
PATTERN = r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$"


def in_bytes(value: object) -> int:
    """The number of bytes, cut to a whole one.

    Raises:
        ValueError: If it is no number of 1 or more, alone or with a unit.
    """
    found = re.match(PATTERN, value) if isinstance(value, str) else None
    count = 0.0
    if found is not None and found[2].lower() in UNITS:
        count = float(found[1]) * UNITS[found[2].lower()]
    elif isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        count = value
    if not 1 <= count < MOST:
        raise ValueError(f"expected a whole number of bytes of 1 or more, or a text such as 2MB, but got {value!r}")
    return int(count)


ByteCount = Annotated[
    int,
    BeforeValidator(in_bytes),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": PATTERN}]}),
]
"""A field of that form."""
