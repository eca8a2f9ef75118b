"""A bench on half of every task's training examples: short runs on either half learn from nothing in common."""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import EncodedTask
from trainers.bench import Bench
from trainers.mixing import seeded
from trainers.some_rows import on_rows

_halves: WeakKeyDictionary[Bench, dict[int, Bench]] = WeakKeyDictionary()


def half_of(task: EncodedTask, half: int) -> NDArray[np.int64]:
    """Training rows of half 0 or 1; examples of one unit are in one half, unless there is one unit only."""
    units, place = np.unique(task.splits["train"].units, return_inverse=True)
    if len(units) < 2:
        units, place = np.arange(len(place)), np.arange(len(place))
    sides = np.arange(len(units)) % 2
    seeded("halves", task.name).shuffle(sides)
    return np.flatnonzero(sides[place] == half)


def halved(bench: Bench, half: int) -> Bench:
    """The bench with one half of every task's training rows, and the same model, adapter and held-out splits."""
    known = _halves.setdefault(bench, {})
    if half not in known:
        rows = {name: half_of(task, half) for name, task in bench.tasks.items()}
        known[half] = on_rows(bench, rows, mark=f"half {half}")
    return known[half]
