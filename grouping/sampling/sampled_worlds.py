"""Worlds after everything that a study holds: from gains of tasks where it has them, else from values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Measured
from affinity.predictors.group_cells import ROOT
from affinity.predictors.group_process import observe
from affinity.predictors.process_fit import Sizes, fit_sizes
from affinity.predictors.standard_guess import StandardGuess
from affinity.predictors.total_draws import draw_totals
from grouping.sampling.value_posterior import ValuePosterior
from grouping.sampling.worlds import Worlds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from affinity.predictors.process_fit import Measurements
    from grouping.sampling.told import History, Reported

    Array = NDArray[np.float64]

SETS = 2
"""Sets of scales and sizes of effects that worlds are drawn under."""
MILESTONES = (2, 4, 8, 16, 32, 64)
"""Numbers of groups after which they are fitted anew, on the first so many groups."""
FITTED = 140
"""Most measured members that they are fitted on, whole groups from the first."""


@dataclass(eq=False)
class Beliefs:
    """Draws worlds. What is remembered between calls could be worked out again from the history alone.

    Args:
        tasks: In the order of the labels.
        seed: Of the sampled sizes.
    """

    tasks: tuple[str, ...]
    seed: int
    _sizes: dict[tuple[bytes, ...], list[Sizes]] = field(default_factory=dict)
    _values: dict[str, ValuePosterior] = field(default_factory=dict)

    def worlds(self, history: History, *, draws: int, generator: np.random.Generator) -> Worlds:
        """``draws`` worlds, an even multiple of :data:`SETS`, of the values of partitions."""
        reported = history.reported
        if reported is None:
            return self._posterior("").draw(
                history.labels, history.values, history.seen, draws=draws, generator=generator
            )
        return self._from_gains(reported, history.seen, draws=draws, generator=generator)

    def violations(self, history: History, *, draws: int, generator: np.random.Generator) -> list[Worlds]:
        """Worlds of the values of each constraint that was violated once."""
        found = []
        for name in sorted({name for told in history.trials for name, value in told.violations.items() if value > 0}):
            of = [told for told in history.trials if np.isfinite(told.violations.get(name, np.nan))]
            labels = np.array([told.labels for told in of], dtype=np.intp).reshape(-1, len(self.tasks))
            values = np.array([-told.violations[name] for told in of])
            found.append(
                self._posterior(name + "!").draw(labels, values, history.seen, draws=draws, generator=generator)
            )
        return found

    def _posterior(self, name: str) -> ValuePosterior:
        return self._values.setdefault(name, ValuePosterior(len(self.tasks)))

    def _from_gains(
        self,
        reported: Mapping[int, Reported],
        seen: NDArray[np.int64],
        *,
        draws: int,
        generator: np.random.Generator,
    ) -> Worlds:
        """Of several reports of a group the mean counts; scales and sizes are fitted on the first ones."""
        count = len(self.tasks)
        gains = {mask: of.total / of.number for mask, of in reported.items()}
        measured = self._measurements(gains)
        drawn = draw_totals(
            measured,
            self._fit({mask: of.first for mask, of in reported.items()}),
            draws=draws // SETS,
            generator=generator,
        )
        empty = np.zeros(0, dtype=np.int64)
        plain = Worlds(
            count, drawn.weights / count, np.zeros(draws), drawn.misfit / count**2, drawn.run / count, empty,
            np.zeros((draws, 0)),
        )  # fmt: skip
        known = np.array([gains[int(mask)].sum() for mask in seen]) / count
        extra = known - plain.totals(seen)
        return Worlds(count, plain.weights, plain.base, plain.misfit, plain.run, seen, extra)

    def _measurements(self, gains: Mapping[int, Array]) -> Measurements:
        measured = [
            Measured(tuple(task for index, task in enumerate(self.tasks) if mask >> index & 1), of, np.zeros(len(of)))
            for mask, of in gains.items()
        ]
        return observe(self.tasks, measured, StandardGuess.of(None, self.tasks))

    def _fit(self, gains: Mapping[int, Array]) -> list[Sizes]:
        number = max((milestone for milestone in MILESTONES if milestone <= len(gains)), default=0)
        first: dict[int, Array] = {}
        cells = 0
        for mask, of in list(gains.items())[:number]:
            cells += len(of)
            if cells > FITTED and first:
                break
            first[mask] = of
        key = tuple(np.int64(mask).tobytes() + of.tobytes() for mask, of in first.items())
        if key not in self._sizes:
            self._sizes.clear()
            generator = np.random.default_rng([self.seed, len(first)])
            self._sizes[key], _ = fit_sizes(
                self._measurements(first), tasks=len(self.tasks), samples=SETS, generator=generator, decay=ROOT
            )
        return self._sizes[key]
