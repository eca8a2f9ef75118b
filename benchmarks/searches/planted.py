"""Tables with a planted structure, from a seed."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.structures import STRUCTURES
from benchmarks.searches.table import Origin, SearchTable
from grouping.masks import all_members

RUN, MISFIT = 0.25, 0.4
"""Standard deviations of a run's luck, which all members share, and of a cell's own, in scales of a task."""
SCALE, SCALE_WIDTH = 0.1, 0.5
"""Median of the tasks' scales of gains, and the standard deviation of their logarithm."""
PARTS = (2, 3, 4)
"""Parts of the random partitions that half of a pool comes from."""


def planted(structure: str, *, tasks: int, seed: int, pool: int | None = None) -> SearchTable:
    """A table of all groups, or of ``pool`` random ones; luck is part of a trained group and counts afterwards too."""
    generator = np.random.default_rng([list(STRUCTURES).index(structure), tasks, pool or 0, seed])
    if pool is None:
        members = all_members(tasks)
        members = members[members.sum(axis=1) > 1]
    else:
        members = random_pool(tasks, size=pool, generator=generator)
    expected = STRUCTURES[structure](members, generator)
    run = RUN * generator.standard_normal((len(members), 1))
    misfit = MISFIT * generator.standard_normal(members.shape)
    scale = SCALE * np.exp(SCALE_WIDTH * generator.standard_normal(tasks))
    gains = np.where(members, (expected + run + misfit) * scale, 0.0)
    return SearchTable.of(members, gains, gains, Origin(expected * scale, RUN * scale, MISFIT * scale))


def random_pool(tasks: int, *, size: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Different groups, shape ``(size, T)``: all tasks, parts of random partitions, and subsets of random sizes."""
    found = {(1 << tasks) - 1: None}
    bits = [1 << task for task in range(tasks)]
    while len(found) < size:
        if len(found) % 2:
            label = generator.integers(int(generator.choice(PARTS)), size=tasks)
            new = [sum(bit for bit, of in zip(bits, label, strict=True) if of == part) for part in set(label.tolist())]
        else:
            chosen = generator.choice(tasks, size=int(generator.integers(2, tasks // 2 + 1)), replace=False)
            new = [sum(bits[task] for task in chosen)]
        found.update(dict.fromkeys(mask for mask in new if mask.bit_count() > 1))
    masks = list(found)[:size]
    return np.array([[mask >> task & 1 for task in range(tasks)] for mask in masks], dtype=np.bool_)
