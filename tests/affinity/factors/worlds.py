"""Measured groups with planted gains and error parts, made of numbers."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from affinity.gains import Group, MeasuredGroup, Parts

Array = NDArray[np.float64]


def group(
    members: Sequence[str],
    gain: Sequence[float],
    *,
    run: float | Sequence[float] = 0.0,
    reference: float | Sequence[float] = 0.0,
    sample: float | Sequence[float] = 0.0,
    freedom: float = np.inf,
    parts: bool = True,
) -> MeasuredGroup:
    """One measured group; without ``parts`` only the whole error is known."""
    one = np.ones(len(members))
    apart = Parts(run * one, reference * one, sample * one, freedom * one, np.full(len(members), 9))
    error = np.sqrt(apart.run**2 + apart.reference**2 + apart.sample**2)
    of = tuple(members), np.array(gain, dtype=np.float64), error, 0 * one, 0 * one, freedom * one, 1
    return MeasuredGroup(*of, gain_parts=apart if parts else None)


def pairs_of(tasks: Sequence[str], score: Array, *, run: float = 0.0, **parts: float) -> dict[Group, MeasuredGroup]:
    """Every pair of the tasks, with gains ``score`` of shape ``(T, T)``, sources by targets."""
    found = {}
    for i, j in combinations(range(len(tasks)), 2):
        a, b = (i, j) if tasks[i] < tasks[j] else (j, i)
        pair = tasks[a], tasks[b]
        found[pair] = group(pair, [score[b, a], score[a, b]], run=run, **parts)
    return found


def noisy(
    true: Array, rng: np.random.Generator, *, run: float, sample: float, reference: float
) -> dict[Group, MeasuredGroup]:
    """Pairs of ``t0``, ``t1``, ... whose gains are ``true`` with errors drawn as their parts say."""
    count = len(true)
    moved = reference * rng.standard_normal(count)  # of a target's every gain
    own = np.hypot(run, sample) * rng.standard_normal(true.shape)
    names = [f"t{t}" for t in range(count)]
    return pairs_of(names, true + own + moved, run=run, sample=sample, reference=reference)
