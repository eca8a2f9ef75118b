"""Jobs on a Ray cluster: one actor per GPU, group of GPUs, or group of cores, that keeps the base model."""

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from tasks.errors import InputError
from trainers.executors.ray_cluster import LOG, Cluster, Need
from trainers.executors.ray_worker import Versions, Worker
from trainers.executors.together import PATIENCE
from trainers.executors.workers import TRIES, WorkerDied
from trainers.job import Job, Unit

Spec = TypeVar("Spec")

LOOK = 1.0
"""Seconds after which nodes are counted again."""
AWAY = 120.0
"""Seconds in which a cluster whose nodes have all gone may get others."""


@dataclass(frozen=True)
class Piece:
    """A unit, or one member of a unit whose worker ended."""

    index: int
    """Of the unit."""
    unit: Unit[Any, Any]
    """What is computed."""
    member: int | None = None
    """Its place in the unit it is a part of."""
    tries: int = 0
    """Workers that have ended with it."""


@dataclass(eq=False)
class Actor:
    """A worker as the driver sees it."""

    handle: Any
    """Of Ray."""
    piece: Piece | None = None
    """What it computes."""


@dataclass(eq=False)
class _Team:
    """Actors by the reference that is waited for."""

    idle: list[Actor] = field(default_factory=list)
    waited: dict[Any, Actor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.idle) + len(self.waited)

    def all(self) -> list[Actor]:
        return [*self.idle, *self.waited.values()]


class RayActors(Generic[Spec]):
    """Runs jobs on the nodes of a cluster, those that join later too.

    A unit whose worker ends, with its node perhaps, is computed by another; a stack of runs then in single ones, as it
    may have been too large for the worker's memory.

    Args:
        open_context: A module-level function that makes the context in each worker from ``spec``.
        spec: What it is made from; lies in the object store once, where the workers of a node share its arrays.
        cluster: Where workers run.
        most: The most workers; None takes as many as fit.
    """

    remote = True

    def __init__(
        self, open_context: Callable[[Spec], Any], spec: Spec, *, cluster: Cluster, most: int | None = None
    ) -> None:
        self._cluster, self._most = cluster, most
        devices = 1 + len(getattr(spec, "also", ()))
        self._need = Need.of(getattr(spec, "device", "cpu"), getattr(spec, "threads", 1), devices=devices)
        ray = cluster.ray
        options = {"num_cpus": self._need.cpus, "num_gpus": self._need.gpus, "concurrency_groups": {"aside": 1}}
        self._class = ray.remote(**options)(Worker)
        self._mark = _marked(spec)
        if self._mark is not None:
            spec = replace(spec, cache=spec.cache.absolute())  # type: ignore[attr-defined,type-var]  # for others
        self._given = open_context, ray.put(spec)
        self._team = _Team()
        self._places, self._looked = 0, -LOOK
        self._versions = Versions.here()
        self._begun = False
        self._failed = 0

    @property
    def workers(self) -> int:
        """Workers that fit the cluster as it is now."""
        if time.monotonic() - self._looked >= LOOK:
            self._places, self._looked = self._cluster.places(self._need), time.monotonic()
        return max(1, self._places if self._most is None else min(self._places, self._most))

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        """Index and encoded result of every job, largest first.

        Raises:
            WorkerDied: If several workers, one after the other, ended with the same unit.
            InputError: If the cluster has no place for a worker, or its versions are others.
        """
        order = sorted(range(len(jobs)), key=lambda index: -jobs[index].size)
        waiting = deque(Piece(index, jobs[index]) for index in order)  # type: ignore[arg-type]  # units, as run_jobs has it
        parts: dict[int, dict[int, bytes]] = {}
        busy = 0
        try:
            while waiting or busy:
                self._grow(len(waiting) + busy)
                while waiting and self._team.idle:
                    self._send(self._team.idle.pop(), waiting.popleft())
                    busy += 1
                for actor, answer in self._answers():
                    if actor.piece is None:  # it has begun
                        self._check(actor, answer)
                        continue
                    piece, actor.piece, busy = actor.piece, None, busy - 1
                    if answer is None:
                        waiting.extendleft(reversed(self._again(piece)))
                        continue
                    self._team.idle.append(actor)
                    if isinstance(answer, Exception):
                        raise answer
                    done = _joined(piece, answer, jobs[piece.index], parts)
                    if done is not None:
                        yield piece.index, done
        finally:
            if busy:  # nobody waits for them any more
                self._end()

    def _grow(self, wanted: int) -> None:
        """Starts workers, as many as there is work for and places."""
        most = self.workers
        if self._places < 1 and not len(self._team):
            most = self._another_node()
        for _ in range(min(most, wanted) - len(self._team)):
            handle = self._class.remote(*self._given)
            self._team.waited[handle.begun.remote(self._mark)] = Actor(handle)

    def _another_node(self) -> int:
        """Waits for a node with room, where there was one, and counts workers anew.

        Raises:
            InputError: If none comes.
        """
        last = time.monotonic() + (AWAY if self._begun else 0.0)
        LOG.info("no node of the cluster has room for a worker; waiting for one")
        while time.monotonic() < last:
            time.sleep(LOOK)
            most = self.workers
            if self._places:
                return most
        need = f"{self._need.cpus} cores" + (f" and {self._need.gpus} GPUs" if self._need.gpus else "")
        raise InputError(f"no node of the cluster has {need} for a worker", place="--executor ray")

    def _send(self, actor: Actor, piece: Piece) -> None:
        actor.piece = piece
        self._team.waited[actor.handle.run.remote(piece.unit, time.monotonic())] = actor

    def _answers(self) -> Iterator[tuple[Actor, Any]]:
        """Workers that have answered, with what they said; None from one that has ended."""
        ray = self._cluster.ray
        done, _ = ray.wait(list(self._team.waited), num_returns=1, timeout=LOOK)
        for reference in done:
            actor = self._team.waited.pop(reference)
            try:
                answer = ray.get(reference)
            except ray.exceptions.RayActorError:
                yield actor, None
            else:
                yield actor, answer

    def _check(self, actor: Actor, said: tuple[Versions, bool] | None) -> None:
        """Takes in a worker that has begun."""
        if said is None:
            self._failed += 1
            if self._failed >= TRIES:
                raise WorkerDied("workers of the Ray cluster end as they begin; its logs say why")
            return
        found, sees = said
        if found != self._versions:
            raise InputError(
                f"a node of the cluster has {found}, this machine {self._versions}; install the same",
                place="--executor ray",
            )
        if not sees:
            raise InputError(
                "a node of the cluster does not see the run folder; name one with --out that all nodes share",
                place="--executor ray",
            )
        self._begun, self._failed = True, 0
        self._team.idle.append(actor)

    def _again(self, piece: Piece) -> list[Piece]:
        """What is left to do of a piece whose worker has ended."""
        tries = piece.tries + 1
        if len(piece.unit.members) > 1:
            return [Piece(piece.index, unit, place, tries) for place, unit in enumerate(piece.unit.alone())]
        if tries >= TRIES:
            raise WorkerDied(
                f"{tries} workers ended before they were done with {piece.unit.label} (out of memory, or killed); the "
                "same command goes on"
            )
        return [replace(piece, tries=tries)]

    def _end(self) -> None:
        """Ends all workers; runs in progress are kept."""
        ray, team = self._cluster.ray, self._team
        self._team = _Team()
        running = [reference for reference, actor in team.waited.items() if actor.piece is not None]
        for actor in team.all():
            actor.handle.end.options(concurrency_group="aside").remote()
        if running:
            ray.wait(running, num_returns=len(running), timeout=PATIENCE)
        for actor in team.all():
            ray.kill(actor.handle)

    def like(self, open_context: Callable[[Any], Any], spec: Any) -> "RayActors[Any]":
        """See :class:`trainers.executors.base.Executor`; its workers end, as they hold what the others need."""
        self._end()
        return RayActors(open_context, spec, cluster=self._cluster, most=self._most)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self._mark is not None:
            self._mark.unlink(missing_ok=True)


def _marked(spec: Any) -> Path | None:
    """A file beside the folder of cached states, which workers look for: they read and write there as we do."""
    cache = getattr(spec, "cache", None)
    if cache is None:
        return None
    cache.parent.mkdir(parents=True, exist_ok=True)
    mark: Path = cache.absolute().parent / f".seen-{uuid.uuid4().hex}"
    mark.touch()
    return mark


def _joined(piece: Piece, answer: bytes, job: Job[Any, Any], parts: dict[int, dict[int, bytes]]) -> bytes | None:
    """The result of a piece's unit, once it is whole."""
    if piece.member is None:
        return answer
    found = parts.setdefault(piece.index, {})
    found[piece.member] = answer
    unit: Any = job
    if len(found) < len(unit.members):
        return None
    whole: bytes = unit.join([found[place] for place in range(len(unit.members))])
    return whole
