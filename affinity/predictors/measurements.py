"""Measured groups as arrays: what every predictor does to its measurements before it thinks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured

Array = NDArray[np.float64]

SMALLEST = 1e-3
"""Least standard error of a measurement, in spreads of its target, so that a table without errors can be solved."""


def latest(tasks: Sequence[str], measured: Sequence[Measured]) -> tuple[Measured, ...]:
    """The groups of two or more, of which singles say nothing and the last of equal groups counts.

    Raises:
        ValueError: If a group has an unknown member.
    """
    kept = {tuple(sorted(of.group)): of for of in measured if len(of.group) > 1}
    for group in kept:
        if not set(group) <= set(tasks):
            raise ValueError(f"Expected members among {list(tasks)}, but got the group {'+'.join(group)}.")
    return tuple(kept.values())


def membership(tasks: Sequence[str], measured: Sequence[Measured]) -> NDArray[np.bool_]:
    """Rows of membership, shape ``(G, T)``."""
    return np.array([[name in of.group for name in tasks] for of in measured], dtype=np.bool_).reshape(-1, len(tasks))


def apart(of: Measured) -> tuple[Array, Array, Array]:
    """Values, own errors and shared errors, each ``(M,)``."""
    shared = np.zeros_like(of.error) if of.shared is None else np.minimum(of.shared, of.error)
    return of.mean, np.sqrt(of.error**2 - shared**2), shared


def require_groups(members: NDArray[np.bool_], tasks: Sequence[str]) -> None:
    """Raises ValueError unless ``members`` are rows of membership in ``tasks``."""
    if members.ndim != 2 or members.shape[1] != len(tasks):
        raise ValueError(f"Expected groups of shape (G, {len(tasks)}), but got {members.shape}.")


def finish(members: NDArray[np.bool_], values: Array) -> Array:
    """NaN for tasks that are no members, exactly 0 for singles; ``values`` of shape ``(..., G, T)``."""
    values[..., members & (members.sum(axis=1) == 1)[:, None]] = 0.0
    values[..., ~members] = np.nan
    return values
