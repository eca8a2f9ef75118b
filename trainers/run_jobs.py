"""Jobs through the ledger: finished ones are read, the others are computed and recorded as they finish."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from trainers.executors.base import Executor
from trainers.job import Job, Single, Unit
from trainers.ledger import Ledger

Result = TypeVar("Result")


class OutOfTime(RuntimeError):
    """The deadline came before all jobs were done; those that were done are in the ledger."""


def singly(jobs: Sequence[Job[Any, Any]]) -> list[Unit[Any, Any]]:
    """Every job by itself."""
    return [Single(job) for job in jobs]


def run_jobs(
    jobs: Sequence[Job[Any, Result]],
    executor: Executor,
    ledger: Ledger,
    *,
    units: Callable[[Sequence[Job[Any, Any]]], Sequence[Unit[Any, Any]]] = singly,
    finished: Callable[[Job[Any, Result], bool], None] = lambda _job, _computed: None,
    deadline: float | None = None,
) -> list[Result]:
    """Results of all jobs, in their order.

    Args:
        units: Puts the missing jobs, each exactly once, into the units that are handed to the executor.
        finished: Called after each job, in the order in which they finish, with whether it was computed now.
        deadline: Time of :func:`time.monotonic` after which no unit starts.

    Raises:
        OutOfTime: If the deadline came before the last job was done.
    """
    results: dict[str, Result] = {}
    missing: dict[str, Job[Any, Result]] = {}
    for job in jobs:
        if job.key in results or job.key in missing:
            continue
        data = ledger.get(job.key)
        if data is not None:
            try:
                results[job.key] = job.decode(data)
            except ValueError:
                ledger.drop(job.key)
        if job.key in results:
            finished(job, False)
        else:
            missing[job.key] = job
    if missing and deadline is not None and time.monotonic() > deadline:
        raise OutOfTime(f"{len(missing)} runs were not started before the time limit")
    waiting = units(list(missing.values()))
    for index, data in executor.results(waiting):
        unit = waiting[index]
        for job, part in zip(unit.members, unit.split(data), strict=True):
            ledger.put(job.key, job.label, part)
            results[job.key] = job.decode(part)
            finished(job, True)
        if deadline is not None and time.monotonic() > deadline and len(results) < len({job.key for job in jobs}):
            raise OutOfTime("the time limit came before all runs were done")
    return [results[job.key] for job in jobs]
