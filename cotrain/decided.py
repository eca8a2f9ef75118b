"""What a run decides before its first job, in lines for ``--verbose``."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cotrain.cores import allowed_cores, quota

if TYPE_CHECKING:
    from cotrain.limits import Limits
    from cotrain.place import Machine
    from cotrain.workspace import Workspace
    from trainers.bench import BenchSpec

LOG = logging.getLogger("cotrain.run")


def log_decisions(
    spec: "BenchSpec", workspace: "Workspace", machine: "Machine", limits: "Limits", *, workers: int, resumed: bool
) -> None:
    """Says where and how runs are trained, and why so."""
    if LOG.isEnabledFor(logging.INFO):
        for line in _decisions(spec, workspace, machine, limits, workers=workers, resumed=resumed):
            LOG.info(line)


def _decisions(
    spec: "BenchSpec", workspace: "Workspace", machine: "Machine", limits: "Limits", *, workers: int, resumed: bool
) -> Iterator[str]:
    import torch

    from trainers.backbone import base_dtype
    from trainers.evaluate import ROWS
    from trainers.methods import settings_of
    from trainers.stack_job import stack_size

    suite, device = workspace.loaded.suite, torch.device(spec.device)
    yield f"suite: {workspace.loaded.place}; {'the run folder goes on' if resumed else 'a new run folder'}"
    chosen = (
        "as asked for" if machine.device != "auto" else "as there is a GPU" if _gpu(spec.device) else "no GPU found"
    )
    yield f"device: {'+'.join((spec.device, *spec.also))} ({chosen})"
    limit = quota()
    cores = f"{allowed_cores()} cores allowed" + ("" if limit is None else f", a quota of {limit:g}")
    why = "as asked for" if machine.workers is not None else "one for a GPU" if _gpu(spec.device) else "one per core"
    yield f"workers: {workers} ({why}; {cores}), {spec.threads} threads each"
    number = str(base_dtype(device)).removeprefix("torch.")
    few = "" if spec.checkpoint.bits is None else f", stored in {spec.checkpoint.bits} bits"
    reason = "the device gains by it" if number == "bfloat16" else "bfloat16 is taken on CUDA devices that have it"
    yield f"numbers: base model {number}{few} ({reason}), adapter and heads float32"
    training = spec.training
    pieces = "" if training.pieces == 1 else f" in {training.pieces} pieces"
    yield (
        f"batches: {training.batch_size} examples a step{pieces}, {ROWS} texts a pass where held-out splits are read; "
        f"{stack_size(spec)} runs share a pass over the base model at most"
    )
    yield f"base model: {spec.checkpoint.name}, sha256 {spec.checkpoint.identity[:12]}"
    yield f"method: {', '.join(f'{name} {value}' for name, value in settings_of(spec.method).items())}"
    budget = suite.budget
    hours = "no limit of time" if limits.deadline is None else f"{max(limits.left, 0):.0f} s until work ends"
    yield (
        f"budget: {budget.passes:g} passes, {budget.seeds} seeds of groups, {budget.reference_seeds} of references, "
        f"{budget.models} models for the search, {budget.validation_seeds} seeds of validation; {hours}"
    )
    for name, task in workspace.encoded.items():
        sizes = ", ".join(f"{split} {len(rows)}" for split, rows in task.splits.items())
        yield f"task {name}: {task.kind.name}, {task.metric.name}; {sizes}; data {task.fingerprint[:12]}"


def _gpu(device: str) -> bool:
    return device.startswith("cuda")
