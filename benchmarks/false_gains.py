"""How often a search recommends groups that truly lose more than the margin, where there is nothing to gain.

    python -m benchmarks.false_gains [--tables 1000]

Every table has six tasks and no structure: what a group does to a member is drawn for each group and member alone, half
of them 0, a quarter a loss of exactly the margin, a quarter one of up to twice the margin. The search sees it through
measurements with errors of half a margin or a whole one, a third of whose variance is the reference's and shared by all
groups of a task. It is *wrong* if it shares an adapter between tasks of which one truly loses more than the margin, and
its mean is wrong if all tasks together lose more than the margin on average. One row per objective, predictor and size
of the errors, written to ``results/false_gains.json`` as it comes.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from affinity.gains import MeasuredGroup, Parts
from affinity.predictors import Hybrid, MeanOfPairs
from benchmarks.kept import Kept
from benchmarks.machine import machine
from grouping import BestGain, Budget, FewestAdapters, search
from grouping.partition import Group

OUT = Path(__file__).parent / "results" / "false_gains.json"
TASKS = ("clone", "defect", "flaky", "misuse", "search", "summary")
MARGIN = 1.0
"""Points of the metric."""
POINT = 0.01
"""Gain that goes with one point."""
MODELS = 8
"""Groups that the search may train beyond the pairs, or beyond nothing."""
BATCH = 50
"""Tables per line of the file."""


@dataclass(eq=False)
class Nothing:
    """An oracle without structure.

    Args:
        error: Standard error of a measured change, in points.
    """

    seed: int
    error: float

    def __post_init__(self) -> None:
        generator = np.random.default_rng([self.seed, 1])
        self.reference = self.error * np.sqrt(1 / 3) * generator.standard_normal(len(TASKS))

    def truth(self, group: Group) -> np.ndarray:
        """True changes in points of a group's members."""
        generator = np.random.default_rng([self.seed, 2, *"+".join(group).encode()])
        kind = generator.integers(0, 4, size=len(group))
        beyond = -MARGIN * (1 + generator.random(len(group)))
        return np.where(kind < 2, 0.0, np.where(kind == 2, -MARGIN, beyond))

    def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
        """See :class:`grouping.Oracle`."""
        return {group: self._measured(group) for group in groups}

    def _measured(self, group: Group) -> MeasuredGroup:
        generator = np.random.default_rng([self.seed, 3, *"+".join(group).encode()])
        run = self.error * np.sqrt(2 / 3)
        delta = self.truth(group) + run * generator.standard_normal(len(group))
        delta = delta + self.reference[[TASKS.index(task) for task in group]]
        error, freedom = np.full(len(group), self.error), np.full(len(group), 30.0)

        def parts(scale: float) -> Parts:
            reference = np.full(len(group), scale * self.error * np.sqrt(1 / 3))
            return Parts(
                run=np.full(len(group), scale * run), reference=reference, sample=np.zeros(len(group)),
                freedom=freedom, examples=np.full(len(group), 1000),
            )  # fmt: skip

        return MeasuredGroup(
            group=group, gain=POINT * delta, gain_error=POINT * error, delta=delta, delta_error=error, freedom=freedom,
            seeds=2, gain_parts=parts(POINT), delta_parts=parts(1.0),
        )  # fmt: skip


def outcome(seed: int, *, objective: str, predictor: str, error: float) -> tuple[bool, bool, bool]:
    """Whether the recommendation is wrong for a task, wrong on average, and whether anything is shared."""
    oracle = Nothing(seed, error * MARGIN)
    pairs = [tuple(pair) for pair in combinations(TASKS, 2)]
    measured = dict(oracle.measure(pairs)) if predictor == "mean_of_pairs" else {}
    fit = MeanOfPairs.fit if predictor == "mean_of_pairs" else Hybrid.fit
    unmeasured = {} if predictor == "mean_of_pairs" else {"unmeasured": 2.0}
    found = search(
        fit(TASKS, [of.gains() for of in measured.values()]),
        deltas=fit(TASKS, [of.deltas() for of in measured.values()], **unmeasured),
        measured=measured,
        objective=BestGain() if objective == "best_gain" else FewestAdapters(margins=dict.fromkeys(TASKS, MARGIN)),
        oracle=oracle,
        budget=Budget(models=MODELS, rounds=3 if predictor == "mean_of_pairs" else 4, draws=32),
        seed=seed,
    )
    shared = [group for group in found.partition.groups if len(group) > 1]
    changes = np.concatenate([np.zeros(0), *(oracle.truth(group) for group in shared)])
    below = bool((changes < -MARGIN - 1e-9).any())
    return below, bool(changes.sum() / len(TASKS) < -MARGIN), bool(shared)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    made_on = json.loads(given.out.read_text())["settings"]["machine"] if given.out.exists() else machine()
    kept = Kept(given.out, {"tasks": len(TASKS), "models": MODELS, "machine": made_on})  # figures follow from the seeds
    for predictor in ("hybrid", "mean_of_pairs"):
        for objective in ("fewest_adapters", "best_gain"):
            for error in (0.5, 1.0):
                counts = np.zeros(3, dtype=int)
                case = {"objective": objective, "predictor": predictor, "error": error}
                for start in range(0, given.tables, BATCH):
                    tables = range(start, min(start + BATCH, given.tables))
                    counts += kept.measured(f"{predictor} {objective} {error} {start}", partial(count, tables, case))
                below, mean, shares = 100 * counts / given.tables
                name = f"{predictor} {objective} error {error}"
                print(f"{name}: wrong {below:.1f} %, mean {mean:.1f} %, shares {shares:.0f} %", flush=True)


def count(tables: Sequence[int], case: dict[str, Any]) -> list[int]:
    """The sums of :func:`outcome` over tables."""
    return [int(total) for total in np.sum([outcome(seed, **case) for seed in tables], axis=0)]


if __name__ == "__main__":
    main()
