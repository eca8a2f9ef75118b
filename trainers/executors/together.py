"""Jobs one after the other, each trained by several processes together, one per device."""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from trainers.executors.in_process import InProcess
from trainers.executors.starting import start_context, take_environment
from trainers.executors.workers import WorkerDied
from trainers.interruption import Terminated, handle
from trainers.job import Job
from trainers.train_job import TrainJob

Spec = TypeVar("Spec")

PATIENCE = 60.0
"""Seconds that a process has to come to its next step and keep its run."""


class Together(Generic[Spec]):
    """Every training run is divided among all devices; other jobs run on the first.

    Args:
        open_context: A module-level function that makes the context in each process from its ``spec``.
        specs: What each process opens, one per device.
    """

    workers = 1
    remote = False

    def __init__(self, open_context: Callable[[Spec], Any], specs: Sequence[Spec]) -> None:
        self._open, self._specs = open_context, list(specs)
        self._processes: list[Any] = []
        self._pipes: list[Connection] = []
        self._place: Path | None = None

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        """Index and encoded result of every job, largest first.

        Raises:
            WorkerDied: If a process ended, for want of memory perhaps.
        """
        for index in sorted(range(len(jobs)), key=lambda index: -jobs[index].size):
            if not self._processes:
                self._start()
            job = jobs[index]
            members = getattr(job, "members", (job,))
            divided = len(members) == 1 and isinstance(members[0], TrainJob)
            yield index, self._run(job, self._pipes if divided else self._pipes[:1], divided=divided)

    @classmethod
    def over(cls, open_context: Callable[[Any], Any], spec: Any) -> "Together[Any]":
        """On a spec's device and those that train ``also``."""
        alone = replace(spec, also=())
        return cls(open_context, [alone, *(replace(alone, device=device) for device in spec.also)])

    def like(self, open_context: Callable[[Any], Any], spec: Any) -> "Together[Any] | InProcess[Any]":
        """See :class:`trainers.executors.base.Executor`; what trains nothing has one device."""
        return self.over(open_context, spec) if getattr(spec, "also", ()) else InProcess(open_context, spec)

    def end(self) -> None:
        """Asks all processes to end at their next step, where a run is kept; for another thread than results'."""
        for process in self._processes:
            process.terminate()

    def _start(self) -> None:
        context = start_context(getattr(self._specs[0], "device", "cpu"))
        self._place = Path(tempfile.mkdtemp(prefix="cotrain-"))
        meeting = self._place / "meeting"  # where the processes find each other
        for rank, spec in enumerate(self._specs):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve,
                args=(theirs, self._open, spec, rank, len(self._specs), str(meeting), dict(os.environ)),
                daemon=True,
            )
            process.start()
            self._processes.append(process)
            self._pipes.append(ours)

    def _run(self, job: Job[Any, Any], pipes: Sequence[Connection], *, divided: bool) -> bytes:
        for pipe in pipes:
            pipe.send((job, divided))
        answers: dict[int, Any] = {}
        while len(answers) < len(pipes):
            waiting = [pipe for rank, pipe in enumerate(pipes) if rank not in answers]
            ready = wait([*waiting, *(process.sentinel for process in self._processes)])
            for rank, pipe in enumerate(pipes):
                if pipe in ready:
                    try:
                        answers[rank] = pipe.recv()
                    except (EOFError, OSError):
                        self._died()
                    if isinstance(answers[rank], Exception):
                        self._stop(patience=0.0)  # others may wait for it within the job, and answer no more
                        raise answers[rank]
            if not any(pipe in ready for pipe in pipes):
                self._died()
        found: bytes = answers[0]
        return found

    def _died(self) -> None:
        self._stop()
        raise WorkerDied(
            "one of the processes that train together ended before its job did (out of memory, or killed); the same "
            "command goes on"
        )

    def _stop(self, patience: float = PATIENCE) -> None:
        self.end()
        for process in self._processes:
            process.join(patience)
            process.kill()
            process.join()
        self._processes, self._pipes = [], []
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()


def _serve(
    pipe: Connection,
    open_context: Callable[[Any], Any],
    spec: Any,
    rank: int,
    count: int,
    place: str,
    environment: dict[str, str],
) -> None:
    """Runs jobs until the parent is gone; an error is an answer."""
    import torch

    from trainers.bench import Bench
    from trainers.team import Team

    take_environment(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handle(lambda: os._exit(Terminated.code))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    kind = torch.device(getattr(spec, "device", "cpu")).type
    if kind == "cuda":
        torch.cuda.set_device(spec.device)
    torch.distributed.init_process_group(
        "nccl" if kind == "cuda" else "gloo", init_method=f"file://{place}", rank=rank, world_size=count
    )
    alone: Any = None
    while True:
        job, divided = pipe.recv()
        try:
            if alone is None:
                alone = open_context(spec)
                shared = replace(alone, team=Team(rank, count)) if isinstance(alone, Bench) else alone
            pipe.send(job.encode(job.run(shared if divided else alone)))
        except Terminated:  # the run is kept
            os._exit(Terminated.code)
        except Exception as error:
            pipe.send(error)


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
