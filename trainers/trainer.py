"""Many runs of a suite: groups and references, through an executor and the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tasks.encoding import EncodedTask
from trainers.allowance import Allowance
from trainers.bench import BenchSpec
from trainers.budget import Budget
from trainers.executors.base import Executor
from trainers.forms.form import Form
from trainers.forms.form_job import FormJob, References
from trainers.job import Job
from trainers.ledger import AnyLedger
from trainers.result import GroupResult
from trainers.run_jobs import run_jobs
from trainers.runs import Runs
from trainers.stack_job import stack_jobs, stack_size
from trainers.train_job import TrainJob, train_job
from trainers.watch import Finished, Tell, Watch, unheard, untold, unwatched

__all__ = ["FRESH", "Runs", "Trainer"]

FRESH = 10_000
"""Seeds of validation runs start this far above those of probe runs."""


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
        deadline: Time of :func:`time.monotonic` after which no job starts, and those in progress are cut and kept.
        allowance: Training runs that may still be started.
        tell: Says what went wrong and does not end the work, one line at a time.
        finished: Called after each job, in the order in which they finish.
        stack: Runs that are trained at once over one base model, at most; None leaves it to the device. Results are
            the same up to rounding, and are found again whatever it was.
        keep_references: Whether all references keep adapter and heads, so that they can be merged later on.
    """

    spec: BenchSpec
    executor: Executor
    ledger: AnyLedger
    budget: Budget
    seed: int
    watch: Watch = unwatched
    deadline: float | None = None
    allowance: Allowance | None = None
    tell: Tell = untold
    finished: Finished = unheard
    stack: int | None = None
    keep_references: bool = False

    @property
    def tasks(self) -> Mapping[str, EncodedTask]:
        """Encoded tasks by name."""
        return self.spec.tasks

    def among(self, names: Collection[str]) -> "Trainer":
        """The same for some of the tasks: a reference may then take as many steps as all of *these* together."""
        kept = {name: task for name, task in self.tasks.items() if name in names}
        return replace(self, spec=replace(self.spec, tasks=kept))

    def probe_seeds(self, count: int) -> list[int]:
        """Seeds of the first ``count`` probe runs."""
        return [self.seed + index for index in range(count)]

    def fresh_seeds(self, count: int) -> list[int]:
        """Seeds that no probe run has used."""
        return [self.seed + FRESH + index for index in range(count)]

    def jobs(self, jobs: Sequence[Job[Any, Any]], *, phase: str) -> list[Any]:
        """Results of any jobs that the bench can run.

        Raises:
            OutOfBudget: If the deadline came first, or no more runs may be started.
        """
        with self.watch(phase, sum(job.size for job in jobs)) as shown:

            def finished(job: Job[Any, Any], result: object, computed: bool) -> None:
                (shown.advance if computed else shown.skip)(job.size, job.label)
                self.finished(job, result, phase)

            size = stack_size(self.spec) if self.stack is None else self.stack
            return run_jobs(
                jobs,
                self.executor,
                self.ledger,
                units=partial(stack_jobs, size=size, workers=self.executor.workers, alone=self.begun),
                finished=finished,
                deadline=self.deadline,
                allowance=self.allowance,
                started=self.begun,
            )

    def begun(self, job: Job[Any, Any]) -> bool:
        """Whether a run was begun and goes on from where it was kept, which it does alone."""
        return isinstance(job, TrainJob) and job.kept(self.spec).exists()

    def run(
        self,
        groups: Sequence[tuple[str, ...]],
        *,
        seeds: Sequence[int],
        references: Sequence[str] = (),
        reference_seeds: Sequence[int] = (),
        splits: Sequence[str] = ("select",),
        weights_of: Collection[tuple[str, ...]] = (),
        forms: Mapping[tuple[str, ...], Form] | None = None,
        phase: str = "training",
    ) -> Runs:
        """Trains every group with every seed, and the references of some tasks.

        A run that fails ends no other: it is told of, and the others count.

        Args:
            groups: Groups of two or more; a group of one is its task's reference.
            splits: Held-out splits that are read.
            weights_of: Groups, and references as groups of one, whose first run that counts keeps adapter and heads.
            forms: Forms of groups that are not one shared adapter. Where one merges, ``references`` hold the members,
                with the groups' seeds, and all of theirs keep adapter and heads.

        Raises:
            OutOfBudget: If the deadline came first, or no more runs may be started.
            ValueError: If the method or the settings do not allow a form, or it lacks references.
        """
        made = {tuple(sorted(group)): form for group, form in (forms or {}).items()}
        jobs = self.wanted(
            groups,
            seeds=seeds,
            references=references,
            reference_seeds=reference_seeds,
            splits=splits,
            weights_of=weights_of,
            forms=made,
        )
        results: list[GroupResult] = self.jobs(jobs, phase=phase)
        known = {
            (of.group[0], of.seed): (of, run)
            for of, run in zip(jobs, results, strict=True)
            if isinstance(of, TrainJob) and of.limit is not None
        }

        def merge(group: tuple[str, ...], seed: int, *, keep: bool) -> FormJob:
            parts = {name: known[name, seed] for name in group if (name, seed) in known}
            return self._formed(group, seed, made[group], keep=keep, splits=splits, references=parts)

        asked = {tuple(sorted(group)) for group in groups}
        merging = sorted(group for group in asked & set(made) if made[group].merges)
        if merging:
            merges = [
                merge(group, seed, keep=seed == seeds[0] and group in weights_of) for group in merging for seed in seeds
            ]
            results += self.jobs(merges, phase=phase)
        runs = Runs.of(results)
        for line in runs.remarks:
            self.tell(line)
        firsts = [of[0] for of in (*runs.references.values(), *runs.groups.values())]
        bare = [run for run in firsts if run.group in weights_of and not run.weights]  # their first seed failed
        if not bare:
            return runs
        again = [
            merge(run.group, run.seed, keep=True)
            if run.group in merging
            else self._job(
                run.group, run.seed, reference=run.reference, keep=True, splits=splits, form=made.get(run.group)
            )
            for run in bare
        ]
        for run, kept in zip(bare, self.jobs(again, phase=phase), strict=True):
            results[results.index(run)] = kept
        return Runs.of(results)

    def wanted(
        self,
        groups: Sequence[tuple[str, ...]],
        *,
        seeds: Sequence[int],
        references: Sequence[str] = (),
        reference_seeds: Sequence[int] = (),
        splits: Sequence[str] = ("select",),
        weights_of: Collection[tuple[str, ...]] = (),
        forms: Mapping[tuple[str, ...], Form] | None = None,
    ) -> list[TrainJob | FormJob]:
        """The jobs that :meth:`run` would ask for, but for merges, which train nothing and need the others' results."""
        made = {tuple(sorted(group)): form for group, form in (forms or {}).items()}
        shared = sorted({tuple(sorted(group)) for group in groups if len(group) > 1})
        merged = {group for group in shared if group in made and made[group].merges}
        kept = {name for group in merged for name in group}
        names = sorted({*references, *(group[0] for group in groups if len(group) == 1)})
        own_seeds = list(reference_seeds or seeds)
        of_references: list[TrainJob | FormJob] = [
            self._job(
                (name,),
                seed,
                reference=True,
                keep=self.keep_references or name in kept or (seed == own_seeds[0] and (name,) in weights_of),
                splits=splits,
            )
            for name in names
            for seed in own_seeds
        ]
        return of_references + [
            self._job(
                group,
                seed,
                reference=False,
                keep=seed == seeds[0] and group in weights_of,
                splits=splits,
                form=made.get(group),
            )
            for group in shared
            if group not in merged
            for seed in seeds
        ]

    def known(
        self,
        groups: Sequence[tuple[str, ...]],
        *,
        seeds: Sequence[int],
        references: Sequence[str] = (),
        reference_seeds: Sequence[int] = (),
        splits: Sequence[str] = ("select",),
    ) -> bool:
        """Whether all that :meth:`run` would train, with nothing to keep, is in the ledger."""
        jobs = self.wanted(groups, seeds=seeds, references=references, reference_seeds=reference_seeds, splits=splits)
        return all(self.ledger.get(job.key) is not None for job in jobs)

    def _job(
        self,
        group: tuple[str, ...],
        seed: int,
        *,
        reference: bool,
        keep: bool,
        splits: Sequence[str],
        form: Form | None = None,
    ) -> TrainJob | FormJob:
        if form is not None and not reference:
            return self._formed(group, seed, form, keep=keep, splits=splits)
        return train_job(
            self.spec,
            group,
            seed=seed,
            passes=self.budget.passes,
            reference=reference,
            splits=splits,
            keep_weights=keep,
        )

    def _formed(
        self,
        group: tuple[str, ...],
        seed: int,
        form: Form,
        *,
        keep: bool,
        splits: Sequence[str],
        references: References | None = None,
    ) -> FormJob:
        return FormJob.of(
            self.spec,
            form,
            group,
            seed=seed,
            passes=self.budget.passes,
            splits=splits,
            keep_weights=keep,
            references=references,
        )
