"""The trainer as an oracle that looks first: half of the passes of its first run, then the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affinity.fidelity import Fidelity, Pairs, early_gains, final_gains
from affinity.gains import MeasuredGroup, Parts, measure_groups
from affinity.predictor import Measured
from cotrain.measuring import TrainerOracle
from grouping.partition import Group, show
from grouping.rounds.screening import Early
from trainers.cost import Cost
from trainers.looks import Looks, look

FEWEST = 2
"""Members of runs that went to their ends without which nothing is looked at: nothing could be told of it."""


@dataclass(frozen=True, eq=False)
class EarlyLooks:
    """Looks at groups before it trains them to the end; a :class:`grouping.rounds.screening.StagedOracle`.

    Args:
        oracle: Trains and measures.
        looked: Looks so far, filled as they are made.
        dropped: Groups that were not trained further after a look, filled alike.
    """

    oracle: TrainerOracle
    looked: list[Looks] = field(default_factory=list)
    dropped: list[Group] = field(default_factory=list)

    @property
    def points(self) -> int:
        """Points of the curve after which a run is looked at: half of them; 0 for a run with one point."""
        trainer = self.oracle.trainer
        return trainer.budget.passes * trainer.spec.training.grid // 2

    def measure(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        """As :meth:`cotrain.measuring.TrainerOracle.measure`: it takes up the run that was looked at."""
        return self.oracle.measure(groups)

    def look(self, groups: Sequence[Group]) -> dict[Group, Early]:
        """Expected gains and changes of groups by the first half of one run; none where a run diverged by then."""
        oracle, trainer = self.oracle, self.oracle.trainer
        gains, deltas = self.fidelity()
        if not self.points or gains is None or deltas is None or not groups:
            return {}
        (seed,) = trainer.probe_seeds(1)
        found = look(
            trainer, groups, seed=seed, points=self.points, phase="first looks at groups", before=oracle.before
        )
        self.looked.append(found)
        noise = _noise(oracle)
        early = {}
        for group, run in found.results.items():
            if run.failed is None:
                x = early_gains(run, oracle.probes.runs.references, trainer.tasks, points=self.points)
                judged = np.array([oracle.probes.learnable[name] for name in group])
                early[group] = Early(
                    gains=_expected(group, *gains.predict(group, x), noise=noise[0], judged=judged),
                    deltas=_expected(group, *deltas.predict(group, x), noise=noise[1], judged=judged),
                )
        return early

    def stopped(self, groups: Sequence[Group]) -> None:
        """Notes and tells of groups that are not trained further."""
        self.dropped.extend(group for group in groups if group not in self.dropped)
        gains, _ = self.fidelity()
        if groups and gains is not None:
            trainer = self.oracle.trainer
            told = "" if gains.correlation is None else f", correlation {gains.correlation:.2f}"
            trainer.tell(
                f"stopped after {self.points / trainer.spec.training.grid:g} of {trainer.budget.passes} passes, as no "
                f"better grouping is likely to hold {', '.join(map(show, groups))} (final gain per early gain "
                f"{gains.slope:.2f}, residual {gains.spread:.3f}{told})"
            )

    def fidelity(self) -> tuple[Fidelity | None, Fidelity | None]:
        """How early gains relate to final gains and to final changes in points, by all whole runs so far."""
        oracle, tasks = self.oracle, tuple(sorted(self.oracle.trainer.tasks))
        rows: list[tuple[list[int], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = []
        for group, runs in oracle.known.items():
            kept = [place for place, name in enumerate(group) if oracle.probes.learnable[name]]
            for run in runs if self.points else ():
                early = early_gains(run, oracle.probes.runs.references, oracle.trainer.tasks, points=self.points)
                gain, delta = final_gains(run, oracle.probes.runs.references, oracle.trainer.tasks)
                rows.append(([tasks.index(group[place]) for place in kept], early[kept], gain[kept], delta[kept]))
        if sum(len(row[0]) for row in rows) < FEWEST:
            return None, None
        task = np.concatenate([np.array(row[0], dtype=np.int64) for row in rows])
        early, gain, delta = (np.concatenate([row[at] for row in rows]) for at in (1, 2, 3))
        scale = float(delta.std()) / max(float(early.std()), 1e-6)  # how many points a gain is worth is not known
        return (
            Fidelity.fit(tasks, Pairs(task, early, gain)),
            Fidelity.fit(tasks, Pairs(task, early, delta), slope=(0.0, max(scale, 1.0))),
        )

    @property
    def left_out(self) -> list[Group]:
        """Groups that were never trained further."""
        return [group for group in self.dropped if group not in self.oracle.asked]

    @property
    def cost(self) -> Cost:
        """What was spent on groups that were left out."""
        return sum((of.cost([g for g in of.results if g in self.left_out]) for of in self.looked), Cost())

    def to_dict(self) -> dict[str, Any]:
        """The object ``early`` of ``evidence.json``."""
        trainer = self.oracle.trainer
        gains, _ = self.fidelity()
        size = {group: size for of in self.looked for group, size in of.size.items()}
        spent = self.points / (trainer.budget.passes * trainer.spec.training.grid)
        return {
            "passes": self.points / trainer.spec.training.grid,
            "of_passes": trainer.budget.passes,
            "looked": len(size),
            "stopped": [list(group) for group in self.left_out],
            "tokens_saved": round((1 - spent) * sum(size[group] for group in self.left_out)),
            "tokens_whole": round(sum(size.values())),
            "members": 0 if gains is None else gains.count,
            "slope": None if gains is None else gains.slope,
            "slope_error": None if gains is None else gains.slope_error,
            "spread": None if gains is None else gains.spread,
            "correlation": None if gains is None else gains.correlation,
        }


def _noise(oracle: TrainerOracle) -> tuple[Mapping[str, tuple[float, float]], Mapping[str, tuple[float, float]]]:
    """Of gains and of changes: the error that one run's measurement usually has by task, and the reference's part."""
    found: tuple[dict[str, list[tuple[float, float]]], dict[str, list[tuple[float, float]]]] = ({}, {})
    for of in measure_groups(oracle.known, oracle.probes.runs.references, oracle.trainer.tasks).values():
        for into, parts in zip(found, (of.gain_parts, of.delta_parts), strict=True):
            if parts is not None:
                for place, name in enumerate(of.group):
                    into.setdefault(name, []).append((_of_one_run(parts, place, of.seeds), parts.reference[place]))
    first, second = (
        {
            name: (float(np.median([e for e, _ in of])), float(np.median([r for _, r in of])))
            for name, of in part.items()
        }
        for part in found
    )
    return first, second


def _of_one_run(parts: Parts, place: int, seeds: int) -> float:
    return float(np.sqrt(seeds * parts.run[place] ** 2 + parts.reference[place] ** 2 + parts.sample[place] ** 2))


def _expected(
    group: Group,
    mean: NDArray[np.float64],
    error: NDArray[np.float64],
    *,
    noise: Mapping[str, tuple[float, float]],
    judged: NDArray[np.bool_],
) -> Measured:
    """A prediction of one run's values as a measurement of the group: the run's own error is added."""
    own, shared = np.array([noise.get(name, (0.0, 0.0)) for name in group]).T
    return Measured(
        group=group,
        mean=np.where(judged, mean, 0.0),
        error=np.where(judged, np.hypot(error, own), 0.0),
        shared=np.where(judged, shared, 0.0),
    )
