"""What a run would train, and how long it would take here: counted jobs and tokens, and a few timed steps."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cotrain.builtin import mine_suite
from cotrain.byte_limit import within_bytes
from cotrain.clock import began
from cotrain.cores import usable_cores
from cotrain.limits import DRAWING
from cotrain.place import Machine
from cotrain.plan_estimators import ANCHORS, probed_share
from cotrain.plan_phases import REFERENCE_BUDGETS, Phase, plan_phases, repeats
from cotrain.plan_savings import savings
from cotrain.plan_simulation import SimulatedWork
from cotrain.plan_speed import measure_speed
from cotrain.progress import Progress
from cotrain.running import PROBED
from cotrain.suite import LoadedSuite
from cotrain.workspace import check_device, choose_devices, choose_threads, choose_workers, read_workspace
from trainers.bench import cached_bytes, open_bench
from trainers.budget import Budget
from trainers.memory import peak_memory
from trainers.methods import settings_of
from trainers.upper import lowest_of, upper

LOG = logging.getLogger("cotrain.run")
FORMS_NOTE = "the groups that are made in other forms are assumed to be two, of half the tasks"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run before it runs."""

    schema: int
    """Version of this object."""
    device: str
    """Where it would train."""
    estimator: str
    """Where affinities come from."""
    workers: int
    """Processes."""
    threads: int
    """CPU threads of each."""
    phases: tuple[Phase, ...]
    """In their order."""
    jobs: int
    """Training runs of all phases."""
    hours: float
    """Of all phases."""
    least_jobs: int
    """Training runs where the search finds nothing worth training and the answer is every task alone."""
    least_hours: float
    """Of those."""
    dominates: str
    """The phase that takes longest."""
    memory_bytes: int
    """Peak resident memory of all processes together, estimated."""
    disk_bytes: int
    """Cached layers and gradients, which are removed at the end, and the ledger."""
    notes: tuple[str, ...]
    """What was assumed."""
    break_even: Mapping[str, Any] | None = None
    """When asking pays: ``best`` with one adapter, ``asked`` with as many as the suite allows; hours of work."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with phases by name."""
        phases = {phase.name: {k: v for k, v in asdict(phase).items() if k != "name"} for phase in self.phases}
        return asdict(self) | {"phases": phases, "notes": list(self.notes)}


def plan_run(
    loaded: LoadedSuite,
    *,
    out: Path,
    validate: bool,
    names: Sequence[str] | None,
    machine: Machine,
    progress: Progress,
    equal_sizes: bool = False,
) -> Plan:
    """Plans a run of a suite.

    Args:
        progress: Where progress is shown.
        equal_sizes: Whether losing pairs are trained again with the larger data set cut; as many as may be are counted.

    Raises:
        InputError: If the suite, its data or the base model are unusable.
    """
    begun = began()
    if loaded.builtin and not loaded.suite.tasks:
        with progress.phase("mining the built-in tasks", 1):
            loaded = mine_suite(loaded, names=names)
    device = choose_devices(machine.device)[0]
    check_device(loaded, device)
    workers = choose_workers(machine.workers, device=device)
    threads = choose_threads(workers, device=device)
    with progress.phase("reading tasks", 1):
        workspace = read_workspace(loaded)
    spec = workspace.spec(cache=out / "cache", device=device, threads=threads)
    loaded, limited = within_bytes(loaded, spec)
    with progress.phase("timing a few steps", 1):
        bench = open_bench(spec)
        starting = _starting(time.monotonic() - begun, workers=workers)
        speed = measure_speed(bench)
    share = probed_share(spec.method)
    if lowest_of(bench, share) == 0:
        share = 1.0
    anchors = ANCHORS.get(loaded.suite.estimator, 0)
    LOG.info(
        "plan: %s, %d workers of %d threads; tokens per second of one: %.0f through the frozen layers, %.0f through "
        "the adapted ones, %.0f trained", device, workers, threads, speed.lower, speed.forward, speed.train,
    )  # fmt: skip
    simulated = SimulatedWork.of(
        upper(bench, 1.0),
        passes=loaded.suite.budget.passes,
        share=share,
        anchors=anchors,
        resampled=loaded.suite.estimator == "linearized",
    )
    planned = plan_phases(
        loaded,
        spec,
        speed,
        simulated,
        workers=workers,
        validate=validate,
        share=share,
        cut=bench.lowest > 0,
        equal_sizes=equal_sizes,
    )
    phases = (starting, *planned.run)
    below = 1 / speed.lower / max(1, usable_cores() // threads)
    paid = savings(
        bench,
        asking=sum(phase.hours for phase in planned.run),
        alone=planned.alone.hours,
        answer=planned.answer.hours,
        hours_per_token=(below / 3600, 1 / speed.forward / workers / 3600),
        most=loaded.suite.grouping.max_adapters,
        validated=validate,
    )
    cached = cached_bytes(spec, hidden=bench.backbone.hidden) if bench.lowest > 0 else 0
    if anchors and share < 1:
        cached += cached_bytes(spec, hidden=bench.backbone.hidden, splits=PROBED)
    runs = sum(phase.jobs for phase in phases)
    kept = sum(len(task.splits["select"]) * (task.answers("select") + 1) * 4 for task in spec.tasks.values())
    kept //= len(spec.tasks)
    return Plan(
        schema=1,
        device=device,
        estimator=loaded.suite.estimator,
        workers=workers,
        threads=threads,
        phases=phases,
        jobs=runs,
        hours=sum(phase.hours for phase in phases),
        least_jobs=planned.least.jobs,
        least_hours=starting.hours + planned.least.hours,
        dominates=max(planned.run, key=lambda phase: phase.hours).name,
        memory_bytes=peak_memory(bench.device) * (workers + 1) + simulated.memory_bytes,
        disk_bytes=cached + 3 * kept * runs + simulated.disk_bytes,
        notes=(
            f"references are assumed to end after {REFERENCE_BUDGETS:g} budgets of passes",
            _search_note(loaded.suite.budget),
            *planned.remarks,
            *([limited] if limited else []),
            *(_later_looks(loaded.suite.budget) if validate else []),
            *([FORMS_NOTE] if loaded.suite.grouping.forms else []),
            *(
                ["steps are timed at the rank of a single task"]
                if settings_of(spec.method).get("rank_per_task")
                else []
            ),
        ),
        break_even=paid,
    )


def _starting(seconds: float, *, workers: int) -> Phase:
    """What is neither trained nor computed for it: workers start as the command did, and the report is drawn.

    Args:
        seconds: From the command's start until its base model was open.
    """
    hours = (seconds * (2 if workers > 1 else 1) + DRAWING) / 3600
    return Phase(name="starting and drawing", jobs=0, tokens_forward=0, tokens_backward=0, hours=hours)


def _search_note(budget: Budget) -> str:
    """What the search may train, and what is counted."""
    again = budget.models * (budget.seeds - 1)
    also = f", and {repeats(budget)} of them again, where it may do {again} such runs" if again else ""
    return f"the search is assumed to train all {budget.models} groups that it may, of half the tasks{also}"


def _later_looks(budget: Budget) -> list[str]:
    """A note on runs that validation makes only while a task is undecided."""
    most = budget.max_validation_seeds
    if most is None or most <= budget.validation_seeds:
        return []
    return [f"validation is counted up to its first look; undecided groups are trained on, up to {most} seeds"]
