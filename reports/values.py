"""What fields of a run's files are made of: a missing measurement is None."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict


def _nothing(value: Any) -> Any:
    """NaN and infinities, which JSON cannot hold and some writers hold all the same, as None."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Measured = Annotated[float | None, BeforeValidator(_nothing)]
"""A finite number, or None where nothing was measured."""
Group = tuple[str, ...]
CONFIG = ConfigDict(frozen=True, extra="ignore")
