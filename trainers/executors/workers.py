"""Jobs in worker processes, each with its own share of the cores and its own copy of the context."""

import logging
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from trainers.executors.starting import start_context, take_environment
from trainers.interruption import Terminated, check_signals, handle
from trainers.job import Job

Spec = TypeVar("Spec")


TRIES = 3
"""Times that a worker may end while it has one job."""
LOG = logging.getLogger("cotrain.jobs")


class WorkerDied(RuntimeError):
    """Worker processes ended while they had a job."""


class WorkerProcesses(Generic[Spec]):
    """Runs jobs in processes of its own that live as long as the executor.

    Args:
        open_context: A module-level function that makes the context in each worker from ``spec``.
        spec: What it is made from; travels to the workers. It sets their threads.
        workers: Number of processes.
    """

    remote = False

    def __init__(self, open_context: Callable[[Spec], Any], spec: Spec, *, workers: int) -> None:
        self._given = open_context, spec
        self.workers = workers
        self._pool = self._started()

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers,
            mp_context=start_context(getattr(self._given[1], "device", "cpu")),
            initializer=_begin,
            initargs=(*self._given, dict(os.environ)),
        )

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        """Index and encoded result of every job, largest started first.

        When a worker ends, for want of memory perhaps, all are started anew, and do again what they were at.

        Raises:
            WorkerDied: If that happens to a job several times.
        """
        waiting = sorted(range(len(jobs)), key=lambda index: -jobs[index].size)[::-1]
        running: dict[Future[bytes], int] = {}
        ended: Counter[int] = Counter()
        try:
            while waiting or running:
                try:
                    while waiting and len(running) < self.workers:
                        future = self._pool.submit(_run, jobs[waiting[-1]])
                        running[future] = waiting.pop()
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        data = future.result()
                        yield running.pop(future), data
                except BrokenProcessPool:
                    ended.update(running.values())
                    waiting += sorted(running.values(), key=lambda index: jobs[index].size)
                    running.clear()
                    self._pool.shutdown(wait=True)
                    self._pool = self._started()
                    index, times = ended.most_common(1)[0] if ended else (0, 0)
                    if times >= TRIES:
                        raise WorkerDied(
                            f"{times} workers ended before they were done with {jobs[index].label} (out of memory, or "
                            "killed); the same command goes on; fewer --workers need less memory"
                        ) from None
                    LOG.info("a worker process ended before its job did; all are started anew")
        finally:
            for future in running:
                future.cancel()

    def like(self, open_context: Callable[[Any], Any], spec: Any) -> "WorkerProcesses[Any]":
        """See :class:`trainers.executors.base.Executor`."""
        return WorkerProcesses(open_context, spec, workers=self.workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for process in list((getattr(self._pool, "_processes", None) or {}).values()):
                process.terminate()  # a run in progress is kept; the ledger holds the finished ones
        self._pool.shutdown(wait=True, cancel_futures=True)


_context: Any = None
_failure: Exception | None = None


def _begin(open_context: Callable[[Any], Any], spec: Any, environment: dict[str, str]) -> None:
    """Opens the worker's context, and ends the worker when its parent is gone.

    An error is kept for the first job: raised here, it would reach the parent as a dead worker without a reason.
    Interruptions are the parent's to handle.
    """
    global _context, _failure
    take_environment(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handle(lambda: os._exit(Terminated.code))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        _context = open_context(spec)
    except Exception as error:
        _failure = error


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _run(job: Job[Any, Any]) -> bytes:
    if _failure is not None:
        raise _failure
    try:
        found = job.encode(job.run(_context))
        check_signals()
    except Terminated:  # the run is kept; to ask for another job would wait for a lock that an ended worker holds
        os._exit(Terminated.code)
    return found
