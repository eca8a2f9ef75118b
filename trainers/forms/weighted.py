"""One adapter, trained with another weight of a member's loss."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.forms.form import SETTINGS, PlainForm

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec
    from trainers.methods import Method
    from trainers.result import GroupResult
    from trainers.run import Run
    from trainers.settings import Training


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Weighted(PlainForm):
    """The loss of one member counts more, or less, in the steps of the group.

    Its runs are those of a suite in which the task has that weight, and found as such. Which member's it should be is
    tried: without a task it stands for one form per member.
    """

    name: Literal["weighted"] = "weighted"
    """The form's name."""
    task: str | None = None
    """The task whose loss is multiplied; null tries every member in turn."""
    factor: float = Field(default=3.0, gt=0, allow_inf_nan=False)
    """What its loss is multiplied with, beside the task's own `weight`."""

    @property
    def named(self) -> Sequence[str]:
        """The task whose loss is multiplied."""
        return () if self.task is None else (self.task,)

    def variants(self, group: Sequence[str], others: Sequence[str] = ()) -> Sequence[Self]:
        """See :class:`trainers.forms.form.Form`."""
        return tuple(replace(self, task=name) for name in sorted(group) if self.task in (None, name))

    def refusal(self, method: "Method", training: "Training") -> str | None:
        """See :class:`trainers.forms.form.Form`."""
        if self.factor == 1:
            return "a factor of 1 changes nothing; use 2 or 0.5, say"
        if training.jointly:
            return f"`training.aggregator: {training.aggregator}` weighs the tasks itself; leave one of them out"
        return None

    def spec(self, spec: "BenchSpec") -> "BenchSpec":
        """With the weight, where the task is one of the bench's."""
        if self.task is None or self.task not in spec.tasks:
            return spec
        task = spec.tasks[self.task]
        return replace(spec, tasks={**spec.tasks, self.task: replace(task, weight=task.weight * self.factor)})

    def identity(self) -> dict[str, Any] | None:
        """None: the weight is that of the task."""
        return None

    def make(
        self, bench: "Bench", run: "Run", *, parts: Mapping[str, "GroupResult"], keep: Path | None
    ) -> "GroupResult":
        """See :class:`trainers.forms.form.Form`."""
        from trainers.loop import train_run

        return train_run(replace(bench, spec=self.spec(bench.spec)), run, keep=keep)
