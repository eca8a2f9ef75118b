"""Runs to :class:`~affinity.variance.Readings`: a task's loss or metric with what each held-out unit does to it."""

import zlib
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from affinity.variance import Readings
from tasks.encoding import EncodedTask
from tasks.errors import InputError
from trainers.result import GroupResult, MemberResult

BLOCKS = 30
"""Blocks of units that the jackknife of a metric leaves out in turn, at most."""

Read = tuple[float, NDArray[np.float64]]
_read: WeakKeyDictionary[MemberResult, dict[tuple[str, str], Read]] = WeakKeyDictionary()


def loss_readings(runs: Sequence[GroupResult], task: EncodedTask, *, split: str) -> Readings:
    """Mean held-out losses on the scale of the constant predictor's, ``L / L_prior``, in every run.

    A unit's influence is the sum over its examples of the loss's deviation from the mean, divided by the examples.

    Raises:
        InputError: If a run lacks the split's losses, their number is another, or the split has fewer than two units.
    """
    rows = task.splits[split]
    codes, units = _units(task, split)
    losses = np.stack([_of(run, task, split, "losses").astype(np.float64) for run in runs]) / rows.prior_loss
    means = losses.mean(axis=1)  # shape: (R,)
    deviations = losses - means[:, None]  # shape: (R, N)
    influence = np.stack([np.bincount(codes, row, minlength=units) for row in deviations]) / len(rows)
    return Readings(seeds=_seeds(runs, task), values=means, influence=influence)


def metric_readings(runs: Sequence[GroupResult], task: EncodedTask, *, split: str) -> Readings:
    """The task's metric in points (x 100), signed so that more is better, in every run.

    The influence comes from a delete-a-block jackknife: up to :data:`BLOCKS` blocks of whole units, drawn once per task
    and split, so that all runs leave out the same examples. A run is read once and remembered while it lives.

    Raises:
        InputError: As :func:`loss_readings`.
    """
    read = [_jackknife(run, task, split) for run in runs]
    values, influence = np.array([value for value, _ in read]), np.stack([pulled for _, pulled in read])
    return Readings(seeds=_seeds(runs, task), values=values, influence=influence)


def _jackknife(run: GroupResult, task: EncodedTask, split: str) -> Read:
    scores = _of(run, task, split, "scores")
    known = _read.setdefault(run.members[task.name], {})
    if (task.fingerprint, split) not in known:
        targets = task.splits[split].targets
        codes, units = _units(task, split)
        blocks = min(BLOCKS, units)
        generator = np.random.default_rng([zlib.crc32(task.name.encode()), zlib.crc32(split.encode())])
        block = (generator.permutation(units) % blocks)[codes]  # shape: (N,)
        points = 100.0 if task.metric.direction == "maximize" else -100.0
        left = np.array([points * task.metric(scores[block != b], targets[block != b]) for b in range(blocks)])
        influence = (blocks - 1) / blocks * (left.mean() - left)
        known[task.fingerprint, split] = (points * float(task.metric(scores, targets)), influence)
    return known[task.fingerprint, split]


def _units(task: EncodedTask, split: str) -> tuple[NDArray[np.int64], int]:
    names, codes = np.unique(task.splits[split].units, return_inverse=True)
    if len(names) < 2:
        raise InputError(
            f"Expected at least 2 independent units (rows, or values of `group_by`) in the {split} split, "
            f"but got {len(names)}: no error can be estimated; give the split more of them.",
            place=f"tasks.{task.name}",
        )
    return codes.astype(np.int64), len(names)


def _of(run: GroupResult, task: EncodedTask, split: str, what: str) -> NDArray[np.float32]:
    kept = run.members[task.name].losses if what == "losses" else run.members[task.name].scores
    label = f"run {'+'.join(run.group)}, seed {run.seed}"
    if split not in kept:
        raise InputError(
            f"Expected held-out {what} of `{task.name}` on the {split} split, but the run has {sorted(kept)}; "
            "evaluate it there before comparing.",
            place=label,
        )
    if len(kept[split]) != len(task.splits[split]):
        raise InputError(
            f"Expected {what} of the {len(task.splits[split])} rows of the {split} split of `{task.name}`, but got "
            f"{len(kept[split])}; the run was made on other data.",
            place=label,
        )
    if not np.isfinite(kept[split]).all():
        raise InputError(
            f"Expected finite {what} of `{task.name}` on the {split} split, but got NaN or infinity: training "
            "diverged; lower the learning rate.",
            place=label,
        )
    return kept[split]


def _seeds(runs: Sequence[GroupResult], task: EncodedTask) -> NDArray[np.int64]:
    seeds = np.array([run.seed for run in runs], dtype=np.int64)
    if len(np.unique(seeds)) < len(seeds):
        raise InputError(
            f"Expected one run per seed, but got seeds {seeds.tolist()}; drop the repeated runs.",
            place=f"runs {'+'.join(runs[0].group)} for {task.name}",
        )
    return seeds
