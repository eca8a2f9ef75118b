"""Weights & Biases: one run, in which every task has a section with its curves in all groups."""

import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cotrain.tracking.tracker import PROJECT, About, Ended
from cotrain.tracking.trained_run import TrainedRun

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

PATIENCE = 60.0
"""Seconds that what is left at the end may take to be sent; what is not sent stays in wandb's own folder."""
OFFLINE = ("offline", "dryrun", "disabled")
"""Modes of `WANDB_MODE` that need nobody to be logged in."""


class WandB:
    """A run of the project `WANDB_PROJECT` (by default ``cotrain``).

    A run per training run would take a second each, and more where they are sent: there is one for all, and curves are
    drawn over passes, as ``TASK/RUN/eval_loss``. Offline (`WANDB_MODE=offline`) every command writes a folder of its
    own for the same run; ``wandb sync`` sends them one after the other.
    """

    packages: ClassVar[tuple[str, ...]] = ("wandb",)

    def __init__(self, about: About) -> None:
        import wandb

        self.identity = about.before or uuid.uuid4().hex[:8]
        self._wandb = wandb
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or PROJECT,
            name=about.name,
            id=self.identity,
            resume="allow",
            reinit="create_new",
            config=dict(about.settings),
            settings=wandb.Settings(
                console="off", silent=True, finish_timeout=PATIENCE, finish_timeout_raises=True
            ),
        )  # fmt: skip
        self.resumed = about.before is not None and bool(self._run.resumed or self._run.offline)
        self.place = str((None if self._run.offline else self._run.url) or Path(self._run.dir).parent)
        self._tasks: set[str] = set()
        self._run.define_metric("passes", hidden=True)
        self._run.define_metric("spent/runs")
        self._run.define_metric("spent/*", step_metric="spent/runs")

    @staticmethod
    def refusal() -> str | None:
        """Where one would have to log in: a prompt in the midst of progress bars would be waited for."""
        if os.environ.get("WANDB_MODE", "online") in OFFLINE:
            return None
        import wandb

        if wandb.setup().settings.mode in OFFLINE or wandb.login(prompt=False, verify=False):
            return None
        return "nobody is logged in to it; run `wandb login`, or set WANDB_MODE=offline"

    def trained(self, run: TrainedRun) -> None:
        for task in run.tasks:
            if task not in self._tasks:
                self._run.define_metric(f"{task}/*", step_metric="passes")
                self._tasks.add(task)
        for _, passes, losses in run.points():
            named = {_key(name, run.name): value for name, value in losses.items()}
            self._run.log({"passes": passes, **named})
        self._run.log({f"spent/{name}": value for name, value in run.spent.items()})

    def affinities(self, matrix: "AffinityMatrix") -> None:
        self._run.log({"affinities": self._wandb.Table(dataframe=matrix.frame())})

    def answered(self, figures: Mapping[str, float], words: Mapping[str, str]) -> None:
        self._run.summary.update({**figures, **words})

    def drawn(self, pictures: Sequence[Path], report: Path | None) -> None:
        self._run.log({f"figures/{picture.stem}": self._wandb.Image(str(picture)) for picture in pictures})
        if report is not None:
            artifact = self._wandb.Artifact(f"report-{self.identity}", type="report")
            artifact.add_file(str(report))
            self._run.log_artifact(artifact)

    def close(self, ended: Ended) -> None:
        self._run.finish(exit_code=0 if ended == "finished" else 1)


def _key(loss: str, run: str) -> str:
    """``eval_loss/clone`` of a run as ``clone/RUN/eval_loss``: what stands before the first slash is the section."""
    kind, task = loss.split("/", 1)
    return f"{task}/{run}/{kind}"
