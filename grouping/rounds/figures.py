"""The figures of a partition that reports show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grouping.partition import Partition, listed_once
from grouping.rounds.posterior import draw_totals
from grouping.universe import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.rounds.knowledge import Knowledge

DRAWS = 1024
"""Draws from which the errors of mean gains are read: within about 2 % of them."""
TIE = 1e-12
"""Sums of gains that are no further apart are equal."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A partition with what is believed of it."""

    partition: Partition
    mean_gain: float
    """Expected mean gain over all tasks, each counted once; 0 is training each alone."""
    error: float
    """Standard error of the mean gain."""
    worst: float
    """Expected gain of the task that fares worst."""
    frequency: float
    """Share of the posterior draws under which it was the best, in the last round that proposed it; else 0."""
    trained: bool
    """Whether every group was trained."""
    best: float | None = None
    """Share of the draws in which it has the highest mean gain, as tasks count, of all listed that were trained and
    have no more adapters than are allowed; None if it is none of those."""
    chosen: bool = False
    """Whether it is the answer."""
    kind: str = "proposal"
    """``choice``, ``single``, ``together`` or ``proposal``."""

    def to_dict(self) -> dict[str, Any]:
        """The entry of ``proposals`` in ``evidence.json``."""
        return {
            "groups": [list(group) for group in self.partition.groups],
            "adapters": self.partition.adapters,
            "mean_gain": self.mean_gain,
            "error": self.error,
            "worst": self.worst,
            "frequency": self.frequency,
            "trained": self.trained,
            "best": self.best,
            "chosen": self.chosen,
            "kind": self.kind,
        }


def figures(
    partitions: Iterable[Partition],
    *,
    known: Knowledge,
    chosen: Partition | None,
    frequencies: Mapping[Partition, float],
    generator: np.random.Generator,
    max_adapters: int | None = None,
) -> tuple[Proposal, ...]:
    """What is believed of each partition now, in the order given.

    Args:
        max_adapters: The most groups that the answer may have; None for as many as there are tasks.
    """
    tasks = known.tasks
    named = {Partition.together(tasks): "together", Partition.singles(tasks): "single"}
    groups, rows = listed_once(partitions)
    members = rows_of(groups, tasks)
    means = known.gains.predict(members).mean
    totals = _totals(known.gains, members, rows, generator)
    most = max_adapters or len(tasks)
    able = [of for of in rows if of.adapters <= most and known.holds(of)]
    counted = totals if not known.weights else _totals(known.counted, members, rows, generator)
    best = _best({of: counted[of] for of in able})
    return tuple(
        Proposal(
            partition=partition,
            mean_gain=float(np.nansum(means[served])) / len(tasks),
            error=float(totals[partition].std(ddof=1)) / len(tasks),
            worst=float(np.nanmin(means[served])),
            frequency=frequencies.get(partition, 0.0),
            trained=known.holds(partition),
            best=best.get(partition),
            chosen=partition == chosen,
            kind=named.get(partition, "choice" if partition == chosen else "proposal"),
        )
        for partition, served in rows.items()
    )


def _totals(
    gains: GainPredictor,
    members: NDArray[np.bool_],
    rows: Mapping[Partition, Sequence[int]],
    generator: np.random.Generator,
) -> dict[Partition, NDArray[np.float64]]:
    """Joint draws of every partition's sum of gains."""
    sums = draw_totals(gains, members, draws=DRAWS, generator=generator)  # shape: (D, groups)
    return {of: sums[:, served].sum(axis=1) for of, served in rows.items()}


def _best(totals: Mapping[Partition, NDArray[np.float64]]) -> dict[Partition, float]:
    """Share of the draws in which each has the highest total; equals share a draw."""
    if not totals:
        return {}
    drawn = np.stack(list(totals.values()))  # shape: (P, D)
    first = drawn >= drawn.max(axis=0) - TIE
    return dict(zip(totals, (first / first.sum(axis=0)).mean(axis=1).tolist(), strict=True))
