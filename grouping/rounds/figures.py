"""The figures of a grouping that reports show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grouping.grouped import Grouped, helpers_of, listed_once, serving
from grouping.partition import Partition
from grouping.served_rows import ServedRows

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
    """A grouping with what is believed of it."""

    grouping: Grouped
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
        groups, helpers = serving(self.grouping).groups, helpers_of(self.grouping)
        return {
            "groups": [list(group) for group in groups],
            **({"helpers": [list(helpers.get(group, ())) for group in groups]} if helpers else {}),
            "adapters": self.grouping.adapters,
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
    groupings: Iterable[Grouped],
    *,
    known: Knowledge,
    chosen: Grouped | None,
    frequencies: Mapping[Grouped, float],
    generator: np.random.Generator,
    max_adapters: int | None = None,
) -> tuple[Proposal, ...]:
    """What is believed of each grouping now, in the order given.

    Args:
        max_adapters: The most groups that the answer may have; None for as many as there are tasks.
    """
    tasks = known.tasks
    named: dict[Grouped, str] = {Partition.together(tasks): "together", Partition.singles(tasks): "single"}
    entries, rows = listed_once(groupings)
    served_rows = ServedRows.of(entries, tasks)
    means = served_rows.predict(known.gains).mean
    totals = _totals(known.gains, served_rows, rows, generator)
    most = max_adapters or len(tasks)
    able = [of for of in rows if of.adapters <= most and known.holds(of)]
    counted = totals if not known.weights else _totals(known.counted, served_rows, rows, generator)
    best = _best({of: counted[of] for of in able})
    return tuple(
        Proposal(
            grouping=grouping,
            mean_gain=float(np.nansum(means[served])) / len(tasks),
            error=float(totals[grouping].std(ddof=1)) / len(tasks),
            worst=float(np.nanmin(means[served])),
            frequency=frequencies.get(grouping, 0.0),
            trained=known.holds(grouping),
            best=best.get(grouping),
            chosen=grouping == chosen,
            kind=named.get(grouping, "choice" if grouping == chosen else "proposal"),
        )
        for grouping, served in rows.items()
    )


def _totals(
    gains: GainPredictor,
    entries: ServedRows,
    rows: Mapping[Grouped, Sequence[int]],
    generator: np.random.Generator,
) -> dict[Grouped, NDArray[np.float64]]:
    """Joint draws of every grouping's sum of gains."""
    sums = entries.draw_totals(gains, draws=DRAWS, generator=generator)  # shape: (D, entries)
    return {of: sums[:, served].sum(axis=1) for of, served in rows.items()}


def _best(totals: Mapping[Grouped, NDArray[np.float64]]) -> dict[Grouped, float]:
    """Share of the draws in which each has the highest total; equals share a draw."""
    if not totals:
        return {}
    drawn = np.stack(list(totals.values()))  # shape: (P, D)
    first = drawn >= drawn.max(axis=0) - TIE
    return dict(zip(totals, (first / first.sum(axis=0)).mean(axis=1).tolist(), strict=True))
