"""What a run would train, and how long it would take here: counted jobs and tokens, and a few timed steps."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cotrain.builtin import mine_suite
from cotrain.cores import usable_cores
from cotrain.plan_equal_sizes import EqualSizesWork
from cotrain.plan_estimators import ANCHORED, ANCHORS, SIMULATION, Groups, Work, estimator_work, probed_share
from cotrain.plan_forms import form_work
from cotrain.plan_savings import ALONE, ANSWER, savings
from cotrain.plan_simulation import SimulatedWork
from cotrain.plan_tokens import PlannedTokens
from cotrain.running import Machine
from cotrain.suite import LoadedSuite
from cotrain.workspace import check_device, choose_devices, choose_threads, choose_workers, read_workspace
from trainers.backbone import load_backbone, lower_states
from trainers.bench import Bench, BenchSpec, cached_bytes, open_bench
from trainers.budget import Budget
from trainers.inputs import Padded
from trainers.memory import peak_memory
from trainers.methods import settings_of
from trainers.train_job import own_passes, reference_limit
from trainers.upper import lowest_of, upper

REFERENCE_BUDGETS = 2.5
"""Budgets of passes after which a reference has usually ended: it stops by patience of one, and no earlier."""
SQUARE = 1024
"""Rows of the matrices whose product is timed."""
STEPS = 6
"""Timed steps; the first is not counted."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase of a run."""

    name: str
    """What is done."""
    jobs: int
    """Training runs."""
    tokens_forward: int
    """Tokens that pass forward only, padding included."""
    tokens_backward: int
    """Tokens that are trained on, padding included."""
    hours: float
    """On this machine."""


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


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Tokens per second of one process."""

    lower: float
    """Through the frozen lower layers, forward."""
    forward: float
    """Through the adapted layers, forward."""
    train: float
    """Forward and backward, with the optimiser's step."""
    products: float
    """FLOP per second of a product of two matrices."""


def plan_run(
    loaded: LoadedSuite,
    *,
    out: Path,
    validate: bool,
    names: Sequence[str] | None,
    machine: Machine,
    equal_sizes: bool = False,
) -> Plan:
    """Plans a run of a suite.

    Args:
        equal_sizes: Whether losing pairs are trained again with the larger data set cut; as many as may be are counted.

    Raises:
        InputError: If the suite, its data or the base model are unusable.
    """
    if loaded.builtin and not loaded.suite.tasks:
        loaded = mine_suite(loaded, names=names)
    device = choose_devices(machine.device)[0]
    check_device(loaded, device)
    workers = choose_workers(machine.workers, device=device)
    threads = choose_threads(workers, device=device)
    workspace = read_workspace(loaded)
    spec = workspace.spec(cache=out / "cache", device=device, threads=threads)
    bench = open_bench(spec)
    speed = _speed(bench)
    share = probed_share(spec.method)
    if lowest_of(bench, share) == 0:
        share = 1.0
    anchors = ANCHORS.get(loaded.suite.estimator, 0)
    simulated = SimulatedWork.of(upper(bench, 1.0), passes=loaded.suite.budget.passes, share=share, anchors=anchors)
    phases, remarks = _phases(
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
    alone, answer = (next(of for of in phases if of.name == name) for name in (ALONE, ANSWER))
    phases = [of for of in phases if of.name not in (ALONE, ANSWER)]
    below = 1 / speed.lower / max(1, usable_cores() // threads)
    paid = savings(
        bench,
        asking=sum(phase.hours for phase in phases),
        alone=alone.hours,
        answer=answer.hours,
        hours_per_token=(below / 3600, 1 / speed.forward / workers / 3600),
        most=loaded.suite.grouping.max_adapters,
        validated=validate,
    )
    cached = cached_bytes(spec, hidden=bench.backbone.hidden) if bench.lowest > 0 else 0
    if anchors and share < 1:
        cached += cached_bytes(spec, hidden=bench.backbone.hidden, splits=_PROBED)
    runs = sum(phase.jobs for phase in phases)
    kept = sum(len(task.splits["select"]) * (task.answers("select") + 1) * 4 for task in spec.tasks.values())
    kept //= len(spec.tasks)
    return Plan(
        schema=1,
        device=device,
        estimator=loaded.suite.estimator,
        workers=workers,
        threads=threads,
        phases=tuple(phases),
        jobs=runs,
        hours=sum(phase.hours for phase in phases),
        dominates=max(phases, key=lambda phase: phase.hours).name,
        memory_bytes=peak_memory(bench.device) * (workers + 1) + simulated.memory_bytes,
        disk_bytes=cached + 3 * kept * runs + simulated.disk_bytes,
        notes=(
            f"references are assumed to end after {REFERENCE_BUDGETS:g} budgets of passes",
            f"the search is assumed to train all {loaded.suite.budget.models} groups that it may, of half the tasks",
            *remarks,
            *(_later_looks(loaded.suite.budget) if validate else []),
            *([_FORMS] if loaded.suite.grouping.forms else []),
            *(
                ["steps are timed at the rank of a single task"]
                if settings_of(spec.method).get("rank_per_task")
                else []
            ),
        ),
        break_even=paid,
    )


def _later_looks(budget: Budget) -> list[str]:
    """A note on runs that validation makes only while a task is undecided."""
    most = budget.max_validation_seeds
    if most is None or most <= budget.validation_seeds:
        return []
    return [f"validation is counted up to its first look; undecided groups are trained on, up to {most} seeds"]


def _phases(
    loaded: LoadedSuite,
    spec: BenchSpec,
    speed: Speed,
    simulated: SimulatedWork,
    *,
    workers: int,
    validate: bool,
    share: float,
    cut: bool,
    equal_sizes: bool,
) -> tuple[list[Phase], list[str]]:
    """The phases of a run with their tokens and hours, and remarks on what they leave out or assume.

    Args:
        share: Of the layers that an estimator looks at.
        cut: Whether lower layers are computed once.
        equal_sizes: As of :func:`plan_run`.
    """
    budget, tasks = loaded.suite.budget, spec.tasks
    work = {name: PlannedTokens.of(spec, task, passes=budget.passes) for name, task in tasks.items()}
    names = sorted(tasks)
    everything = [tuple(names)] if len(names) > 2 else []
    singles: Groups = [((name,), _reference(spec, name, budget.passes)) for name in names]
    half, other = tuple(names[: max(2, len(names) // 2)]), tuple(names[max(2, len(names) // 2) :])
    first, remark = estimator_work(loaded.suite.estimator, names, references=singles, budget=budget, share=share)
    planned: list[tuple[Work, Sequence[str], Sequence[str]]] = [
        *((of, ("select",), _PROBED if of is first[0] else ()) for of in first),
        (Work(name="search", groups=[(half, 1.0)] * (budget.models * budget.seeds)), ("select",), ()),
    ]
    if loaded.suite.grouping.forms:
        groups = sorted({half, *([other] if other else [])})
        planned.append((form_work(loaded.suite.grouping.forms, groups, budget=budget, tokens=work), ("select",), ()))
    if validate:
        arms = [(half, 1.0), (other or half, 1.0)] * 2 + [(group, 1.0) for group in everything]
        arms = [*singles, *arms] * budget.validation_seeds
        planned.append((Work(name="validation", groups=arms), ("select", "test"), ("test",)))
    again: list[tuple[Work, Sequence[str], Sequence[str]]] = []
    if budget.reruns:
        again = [(step, read, ()) for step, read, _ in planned[: len(first) + 1]]
    planned += [
        *again,
        (Work(name=ALONE, groups=singles), ("select",), ()),
        (Work(name=ANSWER, groups=[(tuple(names), 1.0)]), ("select",), ()),
    ]
    phases = []
    for step, read, cached in planned:
        name, runs, looks = step.name, step.groups, step.looks
        most = simulated.most if name == ANCHORED else None
        looked = sum(
            work[task].read[split] * min(1.0, (most or math.inf) / len(tasks[task].splits[split]))
            for task in names
            for split in looks
        )
        made = {group: own_passes(tasks, group, spec.training) for group, _ in runs}
        backward = looked + sum(
            work[task].train * length * made[group][task] for group, length in runs for task in group
        )
        forward = (
            looked
            + step.forward
            + sum(
                work[task].stop * length + sum(work[task].read[split] for split in read)
                for group, length in runs
                for task in group
            )
        )
        lower = sum(work[task].texts[split] for task in names for split in cached) if cut else 0
        below = sum(work[task].texts[split] for task in names for split in _PROBED) if step.share < 1 else 0
        seconds = step.share * (backward / speed.train + forward / speed.forward) / workers
        seconds += (1 - step.share) * below / speed.forward / workers
        seconds += lower / speed.lower / max(1, usable_cores() // spec.threads)
        seconds += simulated.flops / speed.products if name == SIMULATION else 0.0
        phases.append(
            Phase(
                name=name,
                jobs=len(runs),
                tokens_forward=round(forward + lower + below),
                tokens_backward=round(backward),
                hours=seconds / 3600,
            )
        )
    if again:
        at = slice(-2 - len(again), -2)
        phases[at] = [_reruns(phases[at], budget.reruns)]
    remarks = [remark] if remark else []
    if equal_sizes:
        pairs_trained = loaded.suite.estimator == "pairwise" or len(names) == 2
        sizes = EqualSizesWork.of(spec, work, budget=budget, pairs_trained=pairs_trained)
        phases.append(
            Phase(
                name="equal sizes",
                jobs=sizes.jobs,
                tokens_forward=round(sizes.forward),
                tokens_backward=round(sizes.backward),
                hours=(sizes.backward / speed.train + sizes.forward / speed.forward) / workers / 3600,
            )
        )
        remarks.append(
            f"equal sizes are counted as if {sizes.pairs} pairs lost, the most that would be trained again"
            if sizes.pairs
            else "no source takes more steps by its size: equal sizes would train nothing"
        )
    return phases, remarks


def _reruns(phases: Sequence[Phase], times: int) -> Phase:
    """Probes, estimator and search, so many times over; frozen layers are there already."""
    return Phase(
        name="reruns",
        jobs=times * sum(phase.jobs for phase in phases),
        tokens_forward=times * sum(phase.tokens_forward for phase in phases),
        tokens_backward=times * sum(phase.tokens_backward for phase in phases),
        hours=times * sum(phase.hours for phase in phases),
    )


_FORMS = "the groups that are made in other forms are assumed to be two, of half the tasks"
_PROBED = ("train", "stop", "select")


def _reference(spec: BenchSpec, name: str, passes: int) -> float:
    """Expected length of a task's reference, in budgets."""
    limit = reference_limit(spec.tasks, name, passes=passes, batch_size=spec.training.batch_size)
    return min(REFERENCE_BUDGETS, limit / passes)


def _speed(bench: Bench) -> Speed:
    """Times a few forward and training steps on random states of typical length."""
    spec, device = bench.spec, bench.device
    lengths = np.concatenate([side.lengths for task in spec.tasks.values() for side in task.splits["train"].sides])
    length, rows = round(float(lengths.mean())), spec.training.batch_size
    mask = torch.ones(rows, length, dtype=torch.long, device=device)
    ids = torch.from_numpy(
        np.concatenate([side.ids for task in spec.tasks.values() for side in task.splits["train"].sides])
    )
    ids = ids[: rows * length].long().resize_(rows, length).to(device)
    whole = load_backbone(spec.checkpoint, device=device)
    batch = Padded(ids if bench.lowest == 0 else lower_states(whole, ids, mask, lowest=bench.lowest).clone(), mask)
    head = torch.nn.Parameter(torch.ones((), device=device))
    optimizer = torch.optim.AdamW([*bench.adapter_parameters, head], lr=0.0)

    def train() -> None:
        (bench.features(batch).square().mean() * head).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def forward() -> None:
        with torch.inference_mode():
            bench.features(batch)

    square = torch.ones(SQUARE, SQUARE, device=device)

    def product() -> None:
        square @ square

    tokens = rows * length
    return Speed(
        lower=tokens / _seconds(lambda: lower_states(whole, ids, mask, lowest=bench.lowest), device),
        forward=tokens / _seconds(forward, device),
        train=tokens / _seconds(train, device),
        products=2 * SQUARE**3 / _seconds(product, device),
    )


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """Median time of one call."""
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))
