"""What one training run leaves behind. Needs no torch: search and reports read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trainers.cost import Cost


@dataclass(frozen=True, eq=False)
class MemberResult:
    """One task's part of a run, read at the run's chosen point.

    Args:
        curve: Mean stop-half loss at every grid point, shape ``(points,)``.
        train_curve: Mean training loss since the grid point before, shape ``(points,)``.
        losses: Held-out losses per example, by split (``select``; ``test`` only where it was opened), shape ``(N,)``.
        scores: What the metric reads, by split, shape ``(N, outputs)``; retrieval: the reciprocal rank, ``(N, 1)``.
        metric: The task's own metric, by split; in its own unit (not points).
        share_curve: Mean share of the adapter's steps that an aggregator gave the task since the grid point before, by
            the lengths of weighted gradients, 1 over all members, shape ``(points,)``; points that no step led to have
            none, and without an aggregator it is empty.
    """

    curve: NDArray[np.float64]
    train_curve: NDArray[np.float64]
    losses: Mapping[str, NDArray[np.float32]]
    scores: Mapping[str, NDArray[np.float32]]
    metric: Mapping[str, float]
    share_curve: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class GroupResult:
    """One trained group, one seed.

    Args:
        group: Names of the member tasks, sorted.
        seed: Seed of the run; runs of equal seed share what they can.
        reference: True for a task's step-matched single, which stops by patience instead of after its passes.
        grid: Passes of the group at every point of the curves, shape ``(points,)``: under proportional mixing, passes
            over each member's own examples.
        chosen: Index of the point that was read: the lowest mean of the members' normalised stop-half losses.
        members: Every member's part.
        steps: Optimiser steps taken.
        cost: Tokens, FLOPs and seconds.
        peak_memory: Peak resident memory of the process that trained, in bytes.
        weights: Adapter and heads at the chosen point, by parameter name; empty unless asked for.
        failed: Why nothing was read, in one line that names the task: a loss or a score was not finite. None where all
            went well. A failed run has no curve, no members and no weights; its cost counts.
    """

    group: tuple[str, ...]
    seed: int
    reference: bool
    grid: NDArray[np.float64]
    chosen: int
    members: Mapping[str, MemberResult]
    steps: int
    cost: Cost
    peak_memory: int = 0
    weights: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    failed: str | None = None
