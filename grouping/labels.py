"""Partitions as labels: arrays of restricted-growth strings, and trials that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from optuna.distributions import BaseDistribution, IntDistribution

from grouping.partition import Partition
from grouping.rows import MOST_TASKS
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.trial import BaseTrial

Labels = tuple[int, ...]
"""A restricted-growth string: the group of each task, in which each new group takes the next free number, from 0."""


def task_names(tasks: Collection[str]) -> tuple[str, ...]:
    """The tasks in the order of the digits, which is that of their names.

    Raises:
        InputError: If there are fewer than two, more than a search can take, or one stands twice.
    """
    names = tuple(sorted(tasks))
    if not 2 <= len(names) <= MOST_TASKS or len(set(names)) < len(names):
        raise InputError(f"expected 2 to {MOST_TASKS} different names, but got {list(names)}", place="tasks")
    return names


def search_space(tasks: Collection[str]) -> dict[str, BaseDistribution]:
    """One whole number per task by name: digit ``i`` is 0 to ``i``, as in :class:`grouping.study.Studies`."""
    return {task: IntDistribution(0, index) for index, task in enumerate(task_names(tasks))}


def suggest_partition(trial: BaseTrial, tasks: Collection[str]) -> Partition:
    """The partition that a trial is about; call it once in the objective, whatever the study's sampler is.

    Under :class:`grouping.sampler.PartitionSampler` the digits are a restricted-growth string. Samplers that know
    nothing of partitions may give any digits: tasks of equal digit share a group, so several digits can mean one
    partition. The readable form stands in the trial's user attribute ``partition``.

    >>> import optuna
    >>> str(suggest_partition(optuna.trial.FixedTrial({"a": 0, "b": 1, "c": 0}), ["a", "b", "c"]))
    '{a, c} {b}'
    """
    names = task_names(tasks)
    partition = Partition.from_labels(names, [trial.suggest_int(task, 0, index) for index, task in enumerate(names)])
    if str(partition) != trial.user_attrs.get("partition"):
        trial.set_user_attr("partition", str(partition))
    return partition


def labels_in(parameters: Mapping[str, object], tasks: Sequence[str]) -> Labels | None:
    """The restricted-growth string of a trial's parameters, or None where a task has no digit."""
    digits = [parameters.get(task) for task in tasks]
    return None if any(digit is None for digit in digits) else renumbered(digits)


def renumbered(labels: Iterable[object]) -> Labels:
    """The restricted-growth string of any labels."""
    numbers: dict[object, int] = {}
    return tuple([numbers.setdefault(label, len(numbers)) for label in labels])


def renumbered_rows(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """The restricted-growth strings of rows of any labels, shape ``(C, T)``."""
    first = (labels[:, :, None] == labels[:, None, :]).argmax(axis=2)
    number = np.cumsum(first == np.arange(labels.shape[1]), axis=1) - 1
    return np.take_along_axis(number, first, axis=1)


def masks_of(labels: NDArray[np.intp]) -> NDArray[np.int64]:
    """Groups of ``C`` partitions as bits, shape ``(C, T)``; 0 where a partition has fewer groups."""
    count = labels.shape[1]
    bits = np.int64(1) << np.arange(count, dtype=np.int64)
    found: NDArray[np.int64] = ((labels[:, None, :] == np.arange(count)[:, None]) * bits).sum(axis=2)
    return found


def members_of(masks: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Rows of membership, shape ``(G, T)``."""
    members: NDArray[np.bool_] = (masks[:, None] >> np.arange(count)) & 1 == 1
    return members
