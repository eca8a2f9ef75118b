"""Run folders of several candidates within one, opened one after the other."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cotrain.candidates import Candidate
from cotrain.clock import began
from cotrain.limits import Limits, unfinished
from cotrain.place import Machine
from cotrain.progress import Progress
from cotrain.running import Session, session
from tasks.errors import InputError
from trainers.checkpoint import find_checkpoint
from trainers.fit import check_fit


@dataclass(frozen=True)
class CandidateRuns:
    """Where the runs of candidates are, and how they are made.

    Args:
        out: Holds a run folder of each, by its name.
        machine: Where they train.
        progress: Where phases are shown.
        mined: Arguments of :func:`cotrain.builtin.mine_suite`, for the built-in suite.
    """

    out: Path
    machine: Machine
    progress: Progress
    mined: Mapping[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=began)
    """When the hours began that count for all of them together."""
    shared: list[Limits] = field(default_factory=list)
    """Their common limits, once the first was opened."""

    def open(self, candidate: Candidate) -> AbstractContextManager[Session]:
        """A candidate's run.

        Raises:
            InputError: As :func:`cotrain.running.session`.
        """
        self.progress.line(f"{candidate.base_model}, {candidate.method}")
        if not self.shared:
            self.shared.append(Limits.of(candidate.loaded.suite.budget, began=self.started))
        return session(
            candidate.loaded,
            out=self.out / candidate.name,
            machine=self.machine,
            progress=self.progress,
            mined=self.mined,
            limits=self.shared[0],
            searched=True,
        )

    @property
    def over(self) -> bool:
        """Whether the limits let nothing more be trained."""
        return bool(self.shared) and not unfinished(self.shared[0])


def check_all(candidates: Sequence[Candidate]) -> None:
    """Refuses a method that does not work on a base model before anything is trained on another.

    Raises:
        InputError: As :func:`trainers.checkpoint.find_checkpoint` and :func:`trainers.fit.check_fit`.
    """
    for of in candidates:
        suite = of.loaded.suite
        try:
            checkpoint = find_checkpoint(suite.base_model)
            check_fit(checkpoint, suite.method, max_length=suite.max_length, training=suite.training)
        except InputError as error:
            raise error.within(of.loaded.place) from None
