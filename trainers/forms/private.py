"""A shared adapter, and a small one of each member beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.forms.form import LOW_RANK, SETTINGS, PlainForm

if TYPE_CHECKING:
    from trainers.bench import Bench
    from trainers.methods import Method
    from trainers.result import GroupResult
    from trainers.run import Run
    from trainers.settings import Training


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Private(PlainForm):
    r"""Every batch passes the shared LoRA of rank `r` and the private one of its task, of rank `p`.

    What serves a task is one LoRA of rank `r + p`, which PEFT alone reads: a server holds an adapter per task, as it
    would for tasks trained alone, and `r + m p` ranks are worth storing of a group of `m` tasks in place of `m r`.

    Source: a shared and a task's own part of the update, as in Wang et al., ICLR 2023,
    https://arxiv.org/abs/2303.02861, who multiply the parts where here they are added.
    """

    name: Literal["private"] = "private"
    """The form's name."""
    rank: int = Field(default=2, ge=1)
    """Rank `p` of every private part; its scale is that of the shared one."""

    def refusal(self, method: "Method", training: "Training") -> str | None:
        """See :class:`trainers.forms.form.Form`."""
        if method.name in LOW_RANK:
            return None
        return f"`{method.name}` has no low-rank parts that can be added up; use `method: lora` or `rslora`"

    def adapters(self, members: int) -> int:
        """One per task: the shared part and its own, joined."""
        return members

    def make(
        self, bench: "Bench", run: "Run", *, parts: Mapping[str, "GroupResult"], keep: Path | None
    ) -> "GroupResult":
        """See :class:`trainers.forms.form.Form`."""
        from trainers.grown import grown
        from trainers.loop import train_on
        from trainers.private_bench import private_bench

        with private_bench(grown(bench, len(run.group)), run.group, rank=self.rank) as made:
            return train_on(made, run, keep=keep)
