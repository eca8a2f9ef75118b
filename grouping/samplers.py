"""Samplers by name, for :func:`grouping.labels.suggest_partition`: ours, and Optuna's for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import optuna

from grouping.sampler import PartitionSampler

if TYPE_CHECKING:
    from collections.abc import Collection


class MakeSampler(Protocol):
    """Makes a sampler for a study of partitions of these tasks."""

    def __call__(self, tasks: Collection[str], *, seed: int) -> optuna.samplers.BaseSampler: ...


def _partition(tasks: Collection[str], *, seed: int) -> optuna.samplers.BaseSampler:
    return PartitionSampler(tasks, seed=seed)


def _tpe(tasks: Collection[str], *, seed: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.TPESampler(seed=seed)


def _nsgaii(tasks: Collection[str], *, seed: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.NSGAIISampler(seed=seed)


def _gp(tasks: Collection[str], *, seed: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.GPSampler(seed=seed)


def _random(tasks: Collection[str], *, seed: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.RandomSampler(seed=seed)


SAMPLERS: dict[str, MakeSampler] = {
    "partition": _partition, "tpe": _tpe, "nsgaii": _nsgaii, "gp": _gp, "random": _random
}  # fmt: skip
"""The Gaussian process of ``gp`` needs torch and scipy, which Optuna imports when it is made."""
