"""Many runs of a suite: groups and references, through an executor and the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tasks.encoding import EncodedTask
from trainers.bench import BenchSpec
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.executors.base import Executor
from trainers.job import Job
from trainers.ledger import Ledger
from trainers.result import GroupResult
from trainers.run_jobs import run_jobs
from trainers.stack_job import stack_jobs, stack_size
from trainers.train_job import train_job
from trainers.watch import Watch, unwatched

FRESH = 10_000
"""Seeds of validation runs start this far above those of probe runs."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Finished runs.

    Args:
        groups: Results by group, one per seed, in the order of the seeds.
        references: Results of each task's reference, one per seed.
    """

    groups: Mapping[tuple[str, ...], Sequence[GroupResult]]
    references: Mapping[str, Sequence[GroupResult]]

    @property
    def cost(self) -> Cost:
        """What all of them cost."""
        parts = [run.cost for runs in (*self.groups.values(), *self.references.values()) for run in runs]
        return sum(parts, Cost())


@dataclass(frozen=True, eq=False)
class Trainer:
    """Trains groups of a suite's tasks.

    Args:
        spec: The bench that runs use.
        executor: Where they run.
        ledger: Where finished ones are kept.
        budget: Passes and seeds.
        seed: The suite's seed; probe runs use ``seed``, ``seed + 1``, ...
        watch: Opens a watched stretch of work for each phase; its amount is the jobs' modelled cost.
        deadline: Time of :func:`time.monotonic` after which no job starts.
        stack: Runs that are trained at once over one base model, at most; None leaves it to the device. Results are
            the same up to rounding, and are found again whatever it was.
    """

    spec: BenchSpec
    executor: Executor
    ledger: Ledger
    budget: Budget
    seed: int
    watch: Watch = unwatched
    deadline: float | None = None
    stack: int | None = None

    @property
    def tasks(self) -> Mapping[str, EncodedTask]:
        """Encoded tasks by name."""
        return self.spec.tasks

    def probe_seeds(self, count: int) -> list[int]:
        """Seeds of the first ``count`` probe runs."""
        return [self.seed + index for index in range(count)]

    def fresh_seeds(self, count: int) -> list[int]:
        """Seeds that no probe run has used."""
        return [self.seed + FRESH + index for index in range(count)]

    def jobs(self, jobs: Sequence[Job[Any, Any]], *, phase: str) -> list[Any]:
        """Results of any jobs that the bench can run.

        Raises:
            OutOfTime: If the deadline came first.
        """
        with self.watch(phase, sum(job.size for job in jobs)) as shown:

            def finished(job: Job[Any, Any], computed: bool) -> None:
                (shown.advance if computed else shown.skip)(job.size, job.label)

            size = stack_size(self.spec) if self.stack is None else self.stack
            return run_jobs(
                jobs,
                self.executor,
                self.ledger,
                units=partial(stack_jobs, size=size, workers=self.executor.workers),
                finished=finished,
                deadline=self.deadline,
            )

    def run(
        self,
        groups: Sequence[tuple[str, ...]],
        *,
        seeds: Sequence[int],
        references: Sequence[str] = (),
        reference_seeds: Sequence[int] = (),
        splits: Sequence[str] = ("select",),
        weights_of: Collection[tuple[str, ...]] = (),
        phase: str = "training",
    ) -> Runs:
        """Trains every group with every seed, and the references of some tasks.

        Args:
            groups: Groups of two or more; a group of one is its task's reference.
            splits: Held-out splits that are read.
            weights_of: Groups, and references as groups of one, whose first run keeps adapter and heads.

        Raises:
            OutOfTime: If the deadline came first.
        """
        shared = sorted({tuple(sorted(group)) for group in groups if len(group) > 1})
        names = sorted({*references, *(group[0] for group in groups if len(group) == 1)})
        passes = self.budget.passes
        own_seeds = list(reference_seeds or seeds)
        wanted = [
            *(((name,), True, seed, seed == own_seeds[0]) for name in names for seed in own_seeds),
            *((group, False, seed, seed == seeds[0]) for group in shared for seed in seeds),
        ]
        results: list[GroupResult] = self.jobs(
            [
                train_job(
                    self.spec,
                    group,
                    seed=seed,
                    passes=passes,
                    reference=reference,
                    splits=splits,
                    keep_weights=first and group in weights_of,
                )
                for group, reference, seed, first in wanted
            ],
            phase=phase,
        )
        by_group: dict[tuple[str, ...], list[GroupResult]] = {}
        by_task: dict[str, list[GroupResult]] = {}
        for (group, reference, *_), result in zip(wanted, results, strict=True):
            if reference:
                by_task.setdefault(group[0], []).append(result)
            else:
                by_group.setdefault(group, []).append(result)
        return Runs(by_group, by_task)
