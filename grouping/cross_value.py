r"""What one run's own measurements say of a grouping that another run recommends.

The value of a grouping is its mean gain over tasks (no unit; 0 is every task alone). A group of two or more counts if
the run trained it, and a group of one gains 0 by definition; nothing is put together from parts of other groups.

Members of one run share its luck to an extent that their errors do not tell, so within a group errors are added, and
between groups their squares:

.. math:: e = \frac{1}{T} \sqrt{\sum_S \Bigl( \sum_{t \in S} e_t \Bigr)^2},

which is too large rather than too small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from affinity.pair_differences import NORMAL
from grouping.partition import Group

TEST, SELECT, PREDICTED, DEFINITION, MISSING = "test", "select half", "predicted", "definition", "not measured"
"""Where a value comes from: measured on test or on the select half of validation, predicted, 0 by definition (every
task alone), or nowhere."""


@dataclass(frozen=True)
class GroupGain:
    """What a run knows of one group.

    Args:
        gain: By member.
        error: Standard errors by member; None where unknown.
        predicted: Whether the group was not trained.
    """

    gain: Mapping[str, float]
    error: Mapping[str, float | None]
    predicted: bool = False


@dataclass(frozen=True)
class Valued:
    """What one run says of a grouping.

    Args:
        basis: :data:`TEST`, :data:`SELECT`, :data:`PREDICTED`, :data:`DEFINITION` or :data:`MISSING`.
        mean: Mean gain over its tasks; None if not measured.
        low: Lower end of its two-sided 95 % interval; None where an error is unknown.
        high: Upper end.
        missing: Its groups that the run knows nothing of.
    """

    basis: str
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    missing: tuple[Group, ...] = ()


def value_of(groups: Iterable[Iterable[str]], known: Mapping[frozenset[str], GroupGain]) -> Valued:
    """The value of a grouping by what is known of its groups.

    Args:
        known: By the set of members.
    """
    wanted = sorted(tuple(sorted(group)) for group in groups)
    tasks, shared = sum(map(len, wanted)), [group for group in wanted if len(group) > 1]
    if not shared:
        return Valued(DEFINITION, 0.0, 0.0, 0.0)
    missing = tuple(group for group in shared if frozenset(group) not in known)
    if missing:
        return Valued(MISSING, missing=missing)
    found = [known[frozenset(group)] for group in shared]
    mean = sum(sum(of.gain.values()) for of in found) / tasks
    basis = PREDICTED if any(of.predicted for of in found) else SELECT
    errors = [list(of.error.values()) for of in found]
    sums = [sum(e for e in of if e is not None) for of in errors]
    if any(e is None for of in errors for e in of):
        return Valued(basis, mean)
    half = NORMAL * float(np.hypot.reduce(sums)) / tasks
    return Valued(basis, mean, mean - half, mean + half)
