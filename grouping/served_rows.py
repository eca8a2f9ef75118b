"""What is believed of groups by the tasks that each serves: rows of who is trained, and of who is served."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Prediction
from grouping.universe import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.grouped import Entry
    from grouping.universe import Universe

    Array = NDArray[np.float64]

CHUNK = 1 << 23
"""Most numbers that one call draws at a time: 64 MiB of them."""


@dataclass(frozen=True, eq=False)
class ServedRows:
    """``G`` groups of ``T`` tasks.

    Args:
        members: Who is trained, shape ``(G, T)``.
        served: Which members each of them serves, alike; the same array where all serve all.
    """

    members: NDArray[np.bool_]
    served: NDArray[np.bool_]

    @classmethod
    def of(cls, entries: Sequence[Entry], tasks: Sequence[str]) -> ServedRows:
        """These groups with the tasks that each serves."""
        members = rows_of([group for group, _ in entries], tasks)
        helped = any(group != served for group, served in entries)
        return cls(members, rows_of([served for _, served in entries], tasks) if helped else members)

    @classmethod
    def at(cls, places: NDArray[np.intp], universe: Universe) -> ServedRows:
        """Some of a universe, by their numbers."""
        members = universe.members[places]
        return cls(members, members if universe.served is universe.members else universe.served[places])

    def predict(self, gains: GainPredictor) -> Prediction:
        """Means and errors of the served tasks, both ``(G, T)``; NaN elsewhere."""
        trained, back = self._trained
        said = gains.predict(trained)
        return Prediction(self._kept(said.mean[back]), self._kept(said.error[back]))

    def totals(self, gains: GainPredictor) -> Array:
        """Expected sum over the served tasks, shape ``(G,)``."""
        found: Array = np.nansum(self.predict(gains).mean, axis=1)
        return found

    def draw(self, gains: GainPredictor, *, draws: int, generator: np.random.Generator) -> Iterator[Array]:
        """Joint draws of the served tasks, in parts of shape ``(some draws, G, T)``; NaN elsewhere.

        A group that serves these tasks here and those there has one value in one draw.
        """
        trained, back = self._trained
        step = max(1, CHUNK // max(1, self.members.size))
        for start in range(0, draws, step):
            number = min(step, draws - start)
            yield self._kept(gains.draw(trained, draws=number, generator=generator)[:, back])

    def draw_totals(self, gains: GainPredictor, *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws of the sum of the served tasks' gains of each group, shape ``(D, G)``.

        Members of one run share its luck, so the variance of a sum is not the sum of the members' variances.
        """
        return np.concatenate([np.nansum(of, axis=-1) for of in self.draw(gains, draws=draws, generator=generator)])

    @cached_property
    def _trained(self) -> tuple[NDArray[np.bool_], NDArray[np.intp] | slice]:
        """Every trained group once, and where each row's stands among them."""
        if self.served is self.members:
            return self.members, slice(None)
        trained, back = np.unique(self.members, axis=0, return_inverse=True)
        return trained, back.reshape(-1)

    def _kept(self, values: Array) -> Array:
        return values if self.served is self.members else np.where(self.served, values, np.nan)
