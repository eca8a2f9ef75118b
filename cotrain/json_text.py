"""JSON as every file and ``--json`` write it: strict, with null where a number is unknown."""

import json
import math
from typing import Any

import numpy as np


def to_json(value: Any) -> str:
    """Indented JSON in ASCII, for any terminal; NaN and infinities become null, as strict readers need."""
    return json.dumps(_strict(value), indent=2, allow_nan=False) + "\n"


def to_json_line(value: Any) -> str:
    """The same in one line."""
    return json.dumps(_strict(value), allow_nan=False) + "\n"


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _strict(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
