"""A trainer of any number of tasks whose gains are planted, for a search in this process or as a command for one.

    python -m benchmarks.searches.planted_trainer STRUCTURE TASKS SEED LOG

answers the questions of ``cotrain search --trainer`` and appends each to LOG, so that somebody else can count them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured
from benchmarks.searches.planted import MISFIT, RUN, SCALE, SCALE_WIDTH
from benchmarks.searches.structures import STRUCTURES
from grouping.partition import Group
from grouping.rows import UNSERVED

Array = NDArray[np.float64]


class PlantedTrainer:
    """An oracle over all groups; the luck of a run and of a cell is drawn when a group is trained, the same for all."""

    def __init__(self, structure: str, count: int, seed: int) -> None:
        self.tasks = tuple(f"t{place:02d}" for place in range(count))
        self._structure, self._seed = STRUCTURES[structure], [list(STRUCTURES).index(structure), count, seed]
        width = np.random.default_rng([*self._seed, 1]).standard_normal(count)
        self._scale = SCALE * np.exp(SCALE_WIDTH * width)

    @property
    def expected_scale(self) -> float:
        """What one of the structures' units comes to, on average over tasks."""
        return float(self._scale.mean())

    def expected(self, members: NDArray[np.bool_]) -> Array:
        """Gains without luck, :data:`UNSERVED` where a task is no member, shape ``(G, T)``."""
        found = self._structure(members, np.random.default_rng([*self._seed, 2])) * self._scale
        found[members.sum(axis=1) == 1] = 0.0
        return np.where(members, found, UNSERVED)

    def gains(self, members: NDArray[np.bool_]) -> Array:
        """The same with the luck of each group."""
        found = self.expected(members)
        for row, of in enumerate(members):
            if of.sum() > 1:
                generator = np.random.default_rng([*self._seed, 3, *np.packbits(of).tolist()])
                luck = RUN * generator.standard_normal() + MISFIT * generator.standard_normal(len(of))
                found[row, of] += (luck * self._scale)[of]
        return found

    def ask(self, group: Group, *, run: int = 0) -> Measured:
        """See :class:`grouping.oracle.GroupOracle`."""
        members = np.array([[task in group for task in self.tasks]])
        gains = self.gains(members)[0, members[0]]
        return Measured(group, gains, np.zeros(len(gains)))


def main() -> None:
    """Reads questions and writes answers until the input closes."""
    structure, count, seed, log = sys.argv[1:]
    trainer = PlantedTrainer(structure, int(count), int(seed))
    for line in sys.stdin:
        group = tuple(json.loads(line)["tasks"])
        answer = trainer.ask(group)
        with Path(log).open("a") as kept:
            kept.write("+".join(group) + "\n")
        print(json.dumps({"gains": dict(zip(group, answer.mean.tolist(), strict=True))}), flush=True)


if __name__ == "__main__":
    main()
