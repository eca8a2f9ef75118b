"""Planted gains of all groups of some tasks, at the scale of the truth table's."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.proofs.planted_runs import Group, Planted
from benchmarks.searches.structures import STRUCTURES
from grouping.masks import all_members

Array = NDArray[np.float64]
TASKS = 6
SCALE = 0.02
"""Deviation of gains; a point of accuracy is 0.018."""
POINT = 0.018
"""Gain of one point of accuracy."""


def world(
    kind: str, *, seed: int, select: int, test: int, margin: float, tasks: int = TASKS, scale: float = 1.0
) -> Planted:
    """A world of :data:`WORLDS`, with its number of held-out examples; ``scale`` multiplies all gains."""
    names = tuple(f"task{number}" for number in range(tasks))
    generator = np.random.default_rng([seed, list(WORLDS).index(kind)])
    members = all_members(tasks)
    gains = scale * WORLDS[kind](members, generator, margin)
    groups: dict[Group, Array] = {}
    for size in range(2, tasks + 1):
        for places in combinations(range(tasks), size):
            mask = sum(1 << place for place in places)
            groups[tuple(names[place] for place in places)] = gains[mask, list(places)]
    return Planted(groups, names, {"select": select, "test": test}, margin, seed)


def _structured(name: str) -> Callable[[NDArray[np.bool_], np.random.Generator, float], Array]:
    def gains(members: NDArray[np.bool_], generator: np.random.Generator, margin: float) -> Array:
        expected = STRUCTURES[name](members, generator)
        own = 0.4 * generator.standard_normal(members.shape)
        return SCALE * (expected + own)

    return gains


def _at_the_margin(members: NDArray[np.bool_], generator: np.random.Generator, margin: float) -> Array:
    """Half of the members of a group lose nothing, a quarter the margin, a quarter up to twice of it."""
    kind = generator.integers(0, 4, size=members.shape)
    beyond = -margin * (1 + generator.random(members.shape))
    return POINT * np.where(kind < 2, 0.0, np.where(kind == 2, -margin, beyond))


WORLDS = {
    "blocks": _structured("blocks"),
    "hubs": _structured("hubs"),
    "size penalties": _structured("size penalties"),
    "chains": _structured("chains"),
    "low rank": _structured("low rank"),
    "nothing": _structured("noise"),
    "at the margin": _at_the_margin,
}
"""Kinds of worlds; in the last one sharing truly costs the margin or more, and nothing is to be gained."""
