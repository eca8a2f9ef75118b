"""The next question of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from grouping.cover import Cover
    from grouping.partition import Group


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """The next question, and the grouping for which it is asked."""

    group: Group
    """What to train."""
    run: int = 0
    """Which run of the group it is; above 0 it is trained once more, with another seed."""
    proposal: Cover | None = None
    """The grouping that is expected to be best with it; None where nothing is expected."""
    predicted: float = np.nan
    """Value that is expected of the proposal, NaN without one."""
    error: float = np.nan
    """Standard error of that."""
    worst: float = np.nan
    """Expected gain of the task that fares worst in the proposal."""
    chance: float = np.nan
    """Probability, over draws, that some proposal is better than the choice by now; NaN without a choice."""
