"""The truth table as arrays: gains of every group, by seed, and how far they can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affinity.agreement import Reliability, reliability

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TruthTable:
    """Every trained group of ``T`` tasks at one budget, with ``S`` seeds.

    Args:
        tasks: In the order of the columns.
        members: Groups as rows of membership, shape ``(G, T)``.
        losses: Select-half losses on the scale of the constant predictor's, shape ``(S, G, T)``; NaN for other tasks.
        references: Losses of the references, shape ``(R, T)``, one row per seed.
        seconds: Time of every run, shape ``(S, G)``.
        reference_seconds: Time of the references, shape ``(R, T)``.
    """

    tasks: tuple[str, ...]
    members: NDArray[np.bool_]
    losses: Array
    references: Array
    seconds: Array
    reference_seconds: Array

    @classmethod
    def read(cls, path: Path, *, name: str, passes: int) -> "TruthTable":
        """One set of tasks at one budget; groups and seeds are those that are complete."""
        table = pd.read_parquet(path)
        return cls.of(table[(table["set"] == name) & (table["passes"] == passes)])

    @classmethod
    def of(cls, table: pd.DataFrame) -> "TruthTable":
        """Rows of one set, budget and kind of training; groups and seeds are those that are complete."""
        shared = table[~table["reference"]]
        tasks = tuple(sorted(shared["task"].unique()))
        seeds, groups = sorted(shared["seed"].unique()), sorted(shared["group"].unique())
        losses = np.full((len(seeds), len(groups), len(tasks)), np.nan)
        seconds = np.full((len(seeds), len(groups)), np.nan)
        place = (shared["seed"].map(seeds.index), shared["group"].map(groups.index), shared["task"].map(tasks.index))
        losses[place] = shared["loss"]
        seconds[place[:2]] = shared["seconds"]
        members = np.array([[task in group.split("+") for task in tasks] for group in groups])
        complete = ~np.isnan(seconds).any(axis=1)
        alone = table[table["reference"]]
        own = alone.pivot(index="seed", columns="task", values="loss")[list(tasks)].dropna()
        time = alone.pivot(index="seed", columns="task", values="seconds")[list(tasks)].loc[own.index]
        return cls(tasks, members, losses[complete], own.to_numpy(), seconds[complete], time.to_numpy())

    def gains(self, seeds: Sequence[int], references: Sequence[int]) -> Array:
        """Mean gains over some seeds against the mean of some references, shape ``(G, T)``."""
        found: Array = self.references[list(references)].mean(axis=0) - self.losses[list(seeds)].mean(axis=0)
        return found

    @property
    def halves(self) -> tuple[tuple[list[int], list[int]], tuple[list[int], list[int]]]:
        """Seeds of groups and of references in two disjoint halves."""
        seeds, references = list(range(len(self.losses))), list(range(len(self.references)))
        return (seeds[::2], references[::2]), (seeds[1::2], references[1::2])

    @property
    def all(self) -> Array:
        """Mean gains over all seeds, shape ``(G, T)``."""
        return self.gains(range(len(self.losses)), range(len(self.references)))

    @property
    def reliability(self) -> Reliability:
        """Agreement of the halves within targets, and the ceiling of any prediction."""
        first, second = (self.gains(*half) for half in self.halves)
        return reliability(first, second)

    @property
    def run_variance(self) -> Array:
        """Variance of one run around its group's mean, by target, pooled over groups, shape ``(T,)``."""
        spread = np.nansum((self.losses - self.losses.mean(axis=0)) ** 2, axis=(0, 1))
        found: Array = spread / ((len(self.losses) - 1) * self.members.sum(axis=0))
        return found

    @property
    def reference_variance(self) -> Array:
        """Variance of one reference run, by target, shape ``(T,)``."""
        found: Array = self.references.var(axis=0, ddof=1)
        return found
