"""All partitions into up to four of some groups: which they are does not depend on what the groups are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.intp]

MOST_GROUPS = 4
"""Groups of a partition that are found by matching pairs with pairs."""
MOST_ROWS = 6000
"""Most groups whose pairs are looked at."""
MOST_MATCHES = 1 << 22
"""Most pairs of pairs that are looked at."""


def disjoint_partitions(masks: NDArray[np.int64], *, groups: int) -> Places | None:
    """Every partition of all tasks into at most ``groups`` of the given groups; None if there are too many to list.

    Args:
        masks: Members of ``R`` different groups as bits.
        groups: From 1 to :data:`MOST_GROUPS`.

    Returns:
        Indices of the groups in ascending order, ``R`` where a partition has fewer, shape ``(P, groups)``.

    Raises:
        ValueError: If ``groups`` is another number.
    """
    if not 1 <= groups <= MOST_GROUPS:
        raise ValueError(f"Expected 1 to {MOST_GROUPS} `groups`, but got {groups}.")
    full = int(np.bitwise_or.reduce(masks, initial=0))
    number = len(masks)
    found = [np.flatnonzero(masks == full)[:, None]]
    if groups > 1:
        if number > MOST_ROWS:
            return None
        first, second = np.nonzero(np.triu((masks[:, None] & masks) == 0, 1))
        both = masks[first] | masks[second]
        whole = both == full
        found.append(np.stack([first[whole], second[whole]], axis=1))
        if groups > 2:
            found.append(_three(masks, first, second, both, full))
        if groups > 3:
            four = _four(first, second, both, full)
            if four is None:
                return None
            found.append(four)
    padded = [np.pad(of, ((0, 0), (0, groups - of.shape[1])), constant_values=number) for of in found]
    every: Places = np.concatenate(padded).astype(np.intp)
    return every


def _three(masks: NDArray[np.int64], first: Places, second: Places, both: NDArray[np.int64], full: int) -> Places:
    order = np.argsort(masks)
    at = np.searchsorted(masks, full & ~both, sorter=order)
    third = order[np.minimum(at, len(masks) - 1)]
    fits = (masks[third] == full & ~both) & (third > second)
    return np.stack([first[fits], second[fits], third[fits]], axis=1)


def _four(first: Places, second: Places, both: NDArray[np.int64], full: int) -> Places | None:
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    low = np.searchsorted(ordered, full & ~both, side="left")
    high = np.searchsorted(ordered, full & ~both, side="right")
    number = high - low
    if number.sum() > MOST_MATCHES:
        return None
    one = np.repeat(np.arange(len(both)), number)
    within = np.arange(len(one)) - np.repeat(np.cumsum(number) - number, number)
    two = order[low[one] + within]
    fits = second[one] < first[two]  # each partition once, its groups in ascending order
    one, two = one[fits], two[fits]
    return np.stack([first[one], second[one], first[two], second[two]], axis=1)
