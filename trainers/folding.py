"""Which runs' batches share a forward pass, and at which padded length."""

from collections.abc import Sequence
from dataclasses import dataclass

Shape = tuple[int, int]
"""Texts and tokens of the longest of them: a padded batch before it is built."""


@dataclass(frozen=True, kw_only=True)
class Folding:
    """Bounds on what is computed together."""

    positions: int
    """Positions (texts by padded length) that are held for one backward, unless one run alone has more. It bounds the
    memory of a stack, whatever its number of runs."""
    waste: float
    """Padding that a shared pass may add, as a share of the positions that its runs compute alone."""


FOLDINGS: dict[str, Folding] = {
    "cpu": Folding(positions=1536, waste=0.05),
    "cuda": Folding(positions=32768, waste=0.25),
}
"""By type of device. A processor gains little beyond a few hundred rows per matrix product and pays for every padded
position; a GPU pays for every launch."""


def folds(batches: Sequence[Sequence[Shape]], folding: Folding) -> list[list[int]]:
    """Runs whose graphs are held together: their losses go backward at once, then the memory is free again.

    Runs are sorted by their lengths, so that those which can share a pass stand side by side, and cut where the bound
    is reached.

    Args:
        batches: For every run, the shapes of the sides of its batch.

    Returns:
        Indices of runs; every run is in exactly one fold.
    """
    order = sorted(range(len(batches)), key=lambda run: sorted((length for _, length in batches[run]), reverse=True))
    found: list[list[int]] = []
    room = 0
    for run in order:
        size = sum(rows * length for rows, length in batches[run])
        if not found or size > room:
            found.append([])
            room = folding.positions
        found[-1].append(run)
        room -= size
    return found


def passes(shapes: Sequence[Shape], folding: Folding) -> list[list[int]]:
    """Batches that share a forward pass, padded to the longest of them.

    From the longest down, a batch joins the pass before it as long as the pass computes at most ``1 + waste`` times
    the positions that its batches have alone. This bounds all padding that stacking adds: batches of equal length fold
    without any, a batch of another length gets its own pass.

    Returns:
        Indices of shapes; every shape is in exactly one pass.
    """
    found: list[list[int]] = []
    rows = longest = own = 0
    for index in sorted(range(len(shapes)), key=lambda index: -shapes[index][1]):
        more, length = shapes[index]
        if found and (rows + more) * longest <= (1 + folding.waste) * (own + more * length):
            found[-1].append(index)
            rows, own = rows + more, own + more * length
        else:
            found.append([index])
            rows, longest, own = more, length, more * length
    return found
