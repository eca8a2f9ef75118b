"""One run in one folder: what every command that trains does before, between and after its phases."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cotrain.builtin import mine_suite
from cotrain.byte_limit import within_bytes
from cotrain.clock import began
from cotrain.cores import usable_cores
from cotrain.decided import log_decisions
from cotrain.limits import Limits
from cotrain.place import Machine, found_place
from cotrain.progress import Progress
from cotrain.run_folder import RunFolder
from cotrain.storage import Storage, opened_storage
from cotrain.suite import LoadedSuite, Suite, to_plain
from cotrain.tracking.tracked import check_trackers, tracked
from cotrain.trained_log import TrainedLog
from cotrain.workspace import Workspace, read_workspace
from tasks.audit.constant import best_constant
from tasks.errors import InputError
from trainers.aggregators import UNWEIGHTED
from trainers.bench import BenchSpec, prepare
from trainers.class_weights import BALANCED
from trainers.cost import Cost
from trainers.frozen_layers import prepare_elsewhere
from trainers.interruption import handled, until
from trainers.out_of_budget import OutOfBudget
from trainers.trainer import Trainer

PROBED = ("train", "stop", "select")
"""Splits that probe runs read."""


@dataclass(frozen=True, eq=False)
class Session:
    """An open run folder with everything that phases need.

    Args:
        folder: The run folder, locked.
        workspace: Tasks and base model.
        spec: What worker processes open.
        trainer: Trains.
        progress: Where phases are shown.
        limits: Of the command.
        storage: Of finished runs and studies.
    """

    folder: RunFolder
    workspace: Workspace
    spec: BenchSpec
    trainer: Trainer
    progress: Progress
    limits: Limits
    storage: Storage

    @property
    def suite(self) -> Suite:
        """The suite's settings."""
        return self.workspace.loaded.suite

    def cache_layers(self, splits: Sequence[str]) -> Cost:
        """Computes the frozen lower layers of these splits."""
        texts = sum(
            len(side) for task in self.spec.tasks.values() for split in splits for side in task.splits[split].sides
        )
        with self.progress.phase(f"frozen layers ({', '.join(splits)})", texts) as phase:
            if self.trainer.executor.remote:
                return prepare_elsewhere(self.trainer.executor, self.spec, splits, advance=phase.advance)
            return prepare(self.spec, splits, threads=usable_cores(), advance=phase.advance)

    def prior(self) -> dict[str, float | None]:
        """Every task's metric of the best constant answer on test."""
        return {
            name: best_constant(task, self.workspace.encoded[name])[1] for name, task in self.workspace.tasks.items()
        }

    def drop_cache(self) -> None:
        """Removes the cached layers, which only training needs."""
        shutil.rmtree(self.spec.cache, ignore_errors=True)


@contextmanager
def session(
    loaded: LoadedSuite,
    *,
    out: Path,
    machine: Machine,
    progress: Progress,
    mined: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    searched: bool = False,
) -> Iterator[Session]:
    """Opens a run folder for a suite, or refuses what has changed since it was opened first.

    Args:
        mined: Arguments of :func:`cotrain.builtin.mine_suite`, for the built-in suite.
        limits: Of several runs together; those of the suite's budget, from the begin of the command, if None.
        searched: Whether a grouping is searched for, so that a limit on its bytes counts: the session's suite has no
            more adapters then than fit.

    Raises:
        InputError: If the suite, its data, the base model or the folder is unusable.
    """
    started = time.monotonic()
    check_trackers(loaded.suite.report_to)
    limits = limits or Limits.of(loaded.suite.budget, began=began())
    with handled(), found_place(machine, loaded) as place, RunFolder(out) as folder:
        if loaded.builtin and not loaded.suite.tasks:
            with progress.phase("mining the built-in tasks", 1) as phase:
                loaded = mine_suite(loaded, **(mined or {}))
                phase.advance(1, f"{len(loaded.suite.tasks)} tasks")
        with progress.phase("reading tasks", 1) as phase:
            workspace = read_workspace(loaded)
            phase.advance(1, f"{len(workspace.tasks)} tasks")
        device, workers, threads = place.device, place.workers, place.threads
        fitting, told = loaded, ""
        if (
            searched and loaded.suite.grouping.max_bytes is not None
        ):  # before settings are kept: they may still be corrected
            fitting, told = within_bytes(loaded, workspace.spec(cache=folder.path, device=device, threads=threads))
        resumed = folder.settle(loaded, workspace.fingerprints, tests=workspace.test_fingerprints)
        threads = _threads(folder, threads)
        spec = replace(workspace.spec(cache=folder.path / "cache", device=device, threads=threads), also=place.also)
        log_decisions(spec, workspace, machine, limits, workers=workers, resumed=resumed)
        folder.log("started", resumed=resumed, device=device, workers=workers, threads=threads, place=str(place))

        def tell(text: str) -> None:
            progress.line(text)
            folder.log("remark", text=text)

        settings = {**to_plain(loaded.suite), "machine": {"device": device, "workers": workers, "threads": threads}}
        with (
            opened_storage(folder, machine.storage, told=tell) as storage,
            tracked(folder, loaded.suite.report_to, settings, tell=progress.line),
            place.executor(spec) as executor,
        ):
            trainer = Trainer(
                spec,
                executor,
                storage.ledger,
                loaded.suite.budget,
                loaded.suite.seed,
                watch=progress.phase,
                deadline=limits.deadline,
                allowance=limits.allowance,
                tell=tell,
                finished=TrainedLog(folder),
            )
            unweighted = _unweighted(spec)
            if unweighted:
                tell(f"`class_balance` leaves tasks without classes as they are: {', '.join(unweighted)}")
            heavy = _weighted_in_vain(spec)
            if heavy:
                tell(heavy)
            if told:
                tell(told)
                workspace = replace(workspace, loaded=fitting)
            try:
                with until(limits.deadline):
                    yield Session(folder, workspace, spec, trainer, progress, limits, storage)
            except OutOfBudget as error:
                more, limit = ("hours", "max_hours") if error.kind == "time" else ("runs", "max_jobs")
                raise InputError(
                    f"{error}, before there was anything to report; the same command with more {more} goes on",
                    place=f"budget.{limit}",
                ) from None
            folder.log("finished", seconds=round(time.monotonic() - started, 1))


def _unweighted(spec: BenchSpec) -> list[str]:
    """Tasks whose classes cannot be balanced, where that is asked for."""
    if spec.training.weights == "none":
        return []
    return [name for name, task in spec.tasks.items() if task.kind.name not in BALANCED]


def _weighted_in_vain(spec: BenchSpec) -> str:
    """What tasks' weights do where the aggregator does not go by them; empty otherwise."""
    name = spec.training.aggregator
    weighted = ", ".join(f"{of} ({task.weight:g})" for of, task in spec.tasks.items() if task.weight != 1)
    if name not in UNWEIGHTED or not weighted:
        return ""
    return f"`{name}` {UNWEIGHTED[name]}: take the `weight` of {weighted} out, or take another `training.aggregator`"


def _threads(folder: RunFolder, chosen: int) -> int:
    """Threads per process: those of the folder's first run, as they order sums and so belong to a result."""
    path = folder.path / "machine.json"
    if path.exists():
        try:
            return int(json.loads(path.read_text(encoding="utf-8"))["threads"])
        except (ValueError, KeyError, TypeError):
            pass  # a damaged note costs at most the reuse of finished runs
    folder.write_json(path.name, {"schema": 1, "threads": chosen})
    return chosen
