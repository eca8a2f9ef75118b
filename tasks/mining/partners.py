"""Wrong partners for pair tasks: examples of both classes are made of the same material."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import numpy as np


class Filed(Protocol):
    """Anything that comes from a file."""

    @property
    def file(self) -> str:
        """Name of the file."""
        ...


Item = TypeVar("Item", bound=Filed)


def exchanged(items: Sequence[Item], generator: np.random.Generator) -> Iterator[tuple[Item, Item]]:
    """Pairs every item with itself or with another one, in equal numbers and in the order of ``items``.

    A random half keeps itself. The others pass theirs on in a circle, sorted by file, so that the partner is most
    often from the same file; nothing is in both classes, and nothing is used twice.

    Yields:
        An item and the one whose part it gets.
    """
    moved = set(generator.permutation(len(items))[: len(items) // 2].tolist())
    ring = sorted(moved, key=lambda place: items[place].file)
    partner = dict(zip(ring, ring[1:] + ring[:1], strict=True)) if len(ring) > 1 else {}
    for place, item in enumerate(items):
        yield item, items[partner.get(place, place)]


def matched(chosen: Sequence[Item], others: Sequence[Item], size: Callable[[Item], int]) -> Iterator[Item]:
    """Every chosen item, followed by the one of ``others`` that is nearest to it in size and not taken yet.

    Ends when ``others`` do. A class that is longer by nature cannot be told from its length then.
    """
    left = list(others)
    for item in chosen:
        if not left:
            return
        yield item
        yield left.pop(min(range(len(left)), key=lambda place: abs(size(left[place]) - size(item))))
