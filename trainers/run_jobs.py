"""Jobs through the ledger: finished ones are read, the others are computed and recorded as they finish."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from trainers.allowance import Allowance
from trainers.executors.base import Executor
from trainers.job import Job, Single, Unit
from trainers.ledger import AnyLedger
from trainers.out_of_budget import OutOfBudget, OutOfJobs, OutOfTime
from trainers.timed import CUT, Timed

__all__ = ["OutOfBudget", "OutOfJobs", "OutOfTime", "run_jobs", "singly"]

Result = TypeVar("Result")

LOG = logging.getLogger("cotrain.jobs")
"""Hears of every job when it is done: the begin of its key, its label, and how long it took."""


def singly(jobs: Sequence[Job[Any, Any]]) -> list[Unit[Any, Any]]:
    """Every job by itself."""
    return [Single(job) for job in jobs]


def run_jobs(
    jobs: Sequence[Job[Any, Result]],
    executor: Executor,
    ledger: AnyLedger,
    *,
    units: Callable[[Sequence[Job[Any, Any]]], Sequence[Unit[Any, Any]]] = singly,
    finished: Callable[[Job[Any, Result], Result, bool], None] = lambda _job, _result, _computed: None,
    deadline: float | None = None,
    allowance: Allowance | None = None,
    started: Callable[[Job[Any, Any]], bool] = lambda _job: False,
) -> list[Result]:
    """Results of all jobs, in their order.

    Args:
        units: Puts the missing jobs, each exactly once, into the units that are handed to the executor.
        finished: Called after each job, in the order in which they finish, with its result and whether it was computed
            now.
        deadline: Time of :func:`time.monotonic` after which no unit starts and those in progress are cut.
        allowance: Training runs that may be started: the first ones of ``jobs`` are, and counted off.
        started: Whether a run was started before, so that it goes on and is not counted.

    Raises:
        OutOfTime: If the deadline came before the last job was done.
        OutOfJobs: If the allowance did not do for all jobs; those that it did for are done.
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
            LOG.info("job %s %s: found finished", job.key[:12], job.label)
            finished(job, results[job.key], False)
        else:
            missing[job.key] = job
    if missing and deadline is not None and time.monotonic() > deadline:
        raise OutOfTime(f"{len(missing)} runs were not started before the time limit")
    wanted = list(missing.values())
    taken = wanted if allowance is None else allowance.take(wanted, free=started)
    waiting: Sequence[Unit[Any, Any]] = units(taken)
    if deadline is not None:
        waiting = [Timed(unit, deadline) for unit in waiting]
    for index, data in executor.results(waiting) if waiting else ():
        if data == CUT:
            continue
        unit = waiting[index]
        for job, part in zip(unit.members, unit.split(data), strict=True):
            ledger.put(job.key, job.label, part)
            results[job.key] = job.decode(part)
            LOG.info("job %s %s: %s", job.key[:12], job.label, _took(results[job.key]))
            finished(job, results[job.key], True)
    if any(job.key not in results for job in taken):
        raise OutOfTime("the time limit came before all runs were done")
    if len(taken) < len(wanted):
        raise OutOfJobs(f"{len(wanted) - len(taken)} runs were not started, as no more may be")
    return [results[job.key] for job in jobs]


def _took(result: object) -> str:
    """What a job cost, where its result says so; and why it failed, if it did."""
    seconds = getattr(getattr(result, "cost", None), "seconds", None)
    failed = getattr(result, "failed", None)
    took = "done" if seconds is None else f"{seconds:.2f} s"
    return took if not failed else f"{took}, failed: {failed}"
