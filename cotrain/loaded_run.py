"""A finished run in use: its tables, and its trained groups on new examples."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.recommendation import folder_name
from reports.inputs import Run, chosen_folder, read_run
from reports.notebook import folded, frame_by, measured_table, proposals_table, recommendation_html, trials_table
from reports.table import Table
from reports.tables import baselines, verdicts
from reports.terminal import plain_summary
from tasks.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from trainers.loaded import LoadedGroups, LoadedTask

LOG = logging.getLogger("cotrain.run")


@dataclass(frozen=True, eq=False, repr=False)
class LoadedRun(Run):
    """A run's matrix, recommendation and evidence, and its trained groups.

    Groups are read when they are first asked for: one base model for all of them. Tables are shown by notebooks, and
    each has its pandas frame::

        run = cotrain.load("run")
        run.to_frame()                 # one row per task
        run.matrix.to_frame()          # sources by targets
        run.baselines.to_frame()       # the choice beside singles, all together, and random groups
        run.measured.to_frame()        # every member of every group that was trained
        run.proposals.to_frame()       # groupings that were considered
        run.trials.to_frame()          # trials of the Optuna studies
    """

    path: Path
    """The run folder."""
    _groups: "dict[str, LoadedGroups]" = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "LoadedRun":
        """The run in a folder.

        Raises:
            InputError: If the folder holds no finished run.
        """
        run = read_run(path)
        return cls(run.matrix, run.recommendation, run.evidence, chosen_folder(path))

    @property
    def tasks(self) -> Table:
        """One row per task: scores, change with its interval, gain, verdict."""
        return verdicts(self.recommendation)

    @property
    def baselines(self) -> Table:
        """One row per grouping that was measured on test; none where nothing was validated."""
        return baselines(self.recommendation)

    @property
    def measured(self) -> Table:
        """One row per member of every group that was trained."""
        return measured_table(self.evidence)

    @property
    def proposals(self) -> Table:
        """One row per grouping that was considered."""
        return proposals_table(self.evidence)

    @property
    def trials(self) -> Table:
        """One row per trial of the Optuna studies.

        Raises:
            InputError: If the run searched nothing.
        """
        from grouping.trials import read_trials

        return trials_table(read_trials(self.path / "study.sqlite"))

    def to_frame(self) -> "pd.DataFrame":
        """One row per task, by its name: the raw values of :attr:`tasks`."""
        return frame_by(self.tasks, "task")

    def __repr__(self) -> str:
        """For interpreters: what the command printed."""
        return plain_summary(self.recommendation).rstrip()

    def _repr_html_(self) -> str:
        """For notebooks: the answer and its evidence, and the affinities folded away."""
        matrix = "" if self.matrix is None else folded("affinities", self.matrix._repr_html_())
        return recommendation_html(self.recommendation) + matrix

    def groups(self, *, device: str = "auto") -> "LoadedGroups":
        """The trained groups of the answer.

        Raises:
            InputError: If they were not trained, or cannot be read.
        """
        import torch

        from cotrain.workspace import choose_device
        from trainers.loaded import load_groups
        from trainers.private_export import served_folders

        name = choose_device(device)
        if name not in self._groups:
            folders = [self.path / "adapters" / folder_name(group) for group in self.recommendation.groups]
            there = [place for folder in folders if folder.is_dir() for place in served_folders(folder)]
            if not there:
                raise InputError(
                    "no trained groups in this run: it was not validated; run the same command without `--no-validate`",
                    place=str(self.path),
                )
            LOG.info("groups: %s on %s", ", ".join(place.name for place in there), name)
            self._groups[name] = load_groups(there, device=torch.device(name))
        return self._groups[name]

    def predict(self, task: str, *sides: Sequence[str], device: str = "auto", top: int = 10) -> list[dict[str, Any]]:
        """Predictions for new examples of a task, as :func:`trainers.predictions.predictions` gives them.

        Args:
            task: Name of the task.
            sides: Texts of the examples: one list, two of equal length for a pair, queries and documents for retrieval.
            device: A torch device; `auto` takes a GPU if there is one.
            top: Retrieval: documents per query.

        Raises:
            InputError: If the run has no such task or trained no groups, or a text gives no token.
            ValueError: If the task reads another number of texts per example.
        """
        return self.groups(device=device).predict(task, *sides, top=top)

    def task(self, name: str, *, device: str = "auto") -> "LoadedTask":
        """What is known of a trained task.

        Raises:
            InputError: If there is none.
        """
        return self.groups(device=device).task(name)
