"""Where a command trains: on this machine, or on a Ray cluster; on which device, with how many workers and threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from cotrain.cores import usable_cores
from cotrain.suite import LoadedSuite
from cotrain.workspace import check_device, choose_devices, choose_threads, choose_workers
from tasks.errors import InputError
from trainers.bench import BenchSpec, open_bench
from trainers.executors import Executor, InProcess, RayActors, Together, WorkerProcesses
from trainers.executors.ray_cluster import Cluster, Need

ExecutorName = Literal["local", "ray"]
"""This process and worker processes of it, or a Ray cluster."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What was asked for."""

    workers: int | None = None
    """Worker processes; by default one per core, or one for a GPU; of a cluster, as many as fit."""
    device: str = "auto"
    """A torch device; `auto` takes a GPU if there is one."""
    executor: ExecutorName = "local"
    """Where training runs are computed."""
    address: str | None = None
    """Of a Ray cluster, ``host:port`` or `auto`; one is started on this machine if None."""
    storage: str | None = None
    """Address of a PostgreSQL database for finished runs and studies; files of the run folder if None."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What was found."""

    device: str
    """A torch device."""
    also: tuple[str, ...] = ()
    """Devices that train each run together with it."""
    workers: int
    """Runs, or stacks of runs, at the same time, as it is now."""
    threads: int
    """CPU threads of each."""
    cluster: Cluster | None = None
    """None is this machine."""
    most: int | None = None
    """The most workers of a cluster."""

    def executor(self, spec: BenchSpec) -> Executor:
        """Runs jobs here; one worker is this process."""
        if self.cluster is not None:
            return RayActors(open_bench, spec, cluster=self.cluster, most=self.most)
        if self.also:
            return Together.over(open_bench, spec)
        if self.workers == 1:
            return InProcess(open_bench, spec)
        return WorkerProcesses(open_bench, spec, workers=self.workers)

    def __str__(self) -> str:
        if self.cluster is None:
            return "this machine"
        return f"Ray cluster at {self.cluster.address}" if self.cluster.address else "Ray on this machine"


@contextmanager
def found_place(machine: Machine, loaded: LoadedSuite) -> Iterator[Place]:
    """The place, connected to as long as it is needed.

    Args:
        loaded: The suite, which a device may be unable to compute.

    Raises:
        InputError: If there is no such device or cluster, or they do not go together, or not with the suite.
    """
    if machine.executor == "local":
        if machine.address is not None:
            raise InputError("only --executor ray has an address", place="--address")
        place = _here(machine)
        check_device(loaded, place.device)
        yield place
        return
    cores = usable_cores()
    with Cluster(address=machine.address, cores=cores) as cluster:
        device, *also = cluster_devices(machine.device, gpus=cluster.has_gpus)
        check_device(loaded, device)
        together = 1 + len(also)
        workers = machine.workers or (max(1, cores // together) if machine.address is None else 1)
        threads = max(1, cores // (workers * together)) if machine.address is None and device == "cpu" else 1
        places = cluster.places(Need.of(device, threads, devices=together))
        fitting = min(places, machine.workers or places)
        yield Place(
            device=device,
            also=tuple(also),
            workers=max(1, fitting),
            threads=threads,
            cluster=cluster,
            most=machine.workers,
        )


def cluster_devices(names: str, *, gpus: bool) -> list[str]:
    """The devices of every worker: one, or several between plus signs, which train each run together.

    Ray shows a worker only its own GPUs, so that they are numbered from 0 whatever was asked for.

    Raises:
        InputError: If they are neither GPUs nor CPUs, or some of either.
    """
    if names == "auto":
        return ["cuda:0" if gpus else "cpu"]
    kinds = [name.strip().partition(":")[0] for name in names.split("+")]
    if kinds[0] not in ("cpu", "cuda") or len(set(kinds)) > 1:
        raise InputError(
            f"expected auto, cpu, cuda, or several such as cuda+cuda on a Ray cluster, but got {names}",
            place="--device",
        )
    return ["cpu" if kind == "cpu" else f"cuda:{number}" for number, kind in enumerate(kinds)]


def _here(machine: Machine) -> Place:
    device, *also = choose_devices(machine.device)
    if also and machine.workers not in (None, 1):
        raise InputError(
            f"devices that train each run together take one run at a time, but got {machine.workers}", place="--workers"
        )
    workers = 1 if also else choose_workers(machine.workers, device=device)
    threads = choose_threads(max(workers, 1 + len(also)), device=device)
    return Place(device=device, also=tuple(also), workers=workers, threads=threads)
