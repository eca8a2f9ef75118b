"""What many training runs left behind: those that count, and those that do not, with the reason."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runaway import runaways

FEWEST_REFERENCES = 2
"""Runs of a task alone without which nothing can be measured against it: one does not tell noise from gain."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Finished runs.

    Args:
        groups: Results by group, one per seed that went well, in the order of the seeds; none without any.
        references: Results of each task's reference, alike; none for a task of which a reference failed and fewer than
            :data:`FEWEST_REFERENCES` went well.
        unused: Runs that count for nothing but their cost: the failed ones, and those that they made useless.
    """

    groups: Mapping[tuple[str, ...], Sequence[GroupResult]]
    references: Mapping[str, Sequence[GroupResult]]
    unused: Sequence[GroupResult] = ()

    @classmethod
    def of(cls, results: Iterable[GroupResult]) -> "Runs":
        """Sorts results into those that count and the others."""
        groups: dict[tuple[str, ...], list[GroupResult]] = {}
        references: dict[str, list[GroupResult]] = {}
        unused: list[GroupResult] = []
        for run in results:
            if run.failed is not None:
                unused.append(run)
            elif run.reference:
                references.setdefault(run.group[0], []).append(run)
            else:
                groups.setdefault(run.group, []).append(run)
        for name in sorted({run.group[0] for run in unused if run.reference}):
            if len(references.get(name, ())) < FEWEST_REFERENCES:
                unused += references.pop(name, [])
        return cls(groups, references, tuple(unused))

    @property
    def failures(self) -> dict[tuple[str, ...], str]:
        """Groups of which nothing can be measured, each with the reason of its first failed run.

        A group of one is a task whose reference cannot be used.
        """
        found: dict[tuple[str, ...], str] = {}
        for run in self.unused:
            lost = run.group[0] not in self.references if run.reference else run.group not in self.groups
            if run.failed is not None and lost:
                found.setdefault(run.group, run.failed)
        return found

    @property
    def remarks(self) -> list[str]:
        """One line per task or group of which a run failed, or in which one ran away with an aggregator's steps.

        Groups of a task that is left out need none.
        """
        failures = self.failures
        failed = Counter((run.group, run.reference) for run in self.unused if run.failed is not None)
        kept = [run for of in (*self.references.values(), *self.groups.values()) for run in of]
        every = Counter((run.group, run.reference) for run in (*kept, *self.unused))
        found = []
        for (group, reference), count in sorted(failed.items()):
            if not reference and any((name,) in failures for name in group):
                continue
            who = f"task {group[0]}" if reference else f"group {'+'.join(group)}"
            what = f"{count} of {every[group, reference]} runs{' alone' * reference} failed"
            why = next(run.failed for run in self.unused if run.failed is not None and run.group == group)
            lost = group in failures
            found.append(f"{who} is left out: {what}: {why}" if lost else f"{who}: {what} and do not count: {why}")
        return [*found, *runaways(self.groups)]

    @property
    def cost(self) -> Cost:
        """What all of them cost."""
        parts = [run.cost for runs in (*self.groups.values(), *self.references.values(), self.unused) for run in runs]
        return sum(parts, Cost())

    def among(self, names: Collection[str]) -> "Runs":
        """The runs of these tasks and of groups of them; the others only cost."""
        groups = {group: of for group, of in self.groups.items() if set(group) <= set(names)}
        references = {name: of for name, of in self.references.items() if name in names}
        left = [of for group, of in self.groups.items() if group not in groups]
        left += [of for name, of in self.references.items() if name not in references]
        return Runs(groups, references, (*self.unused, *(run for of in left for run in of)))

    def __or__(self, more: "Runs") -> "Runs":
        """These and ``more``; of a group that is in both, ``more`` counts."""
        return Runs(
            {**self.groups, **more.groups}, {**self.references, **more.references}, (*self.unused, *more.unused)
        )
