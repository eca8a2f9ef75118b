"""Run folders of several candidates within one, opened one after the other."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cotrain.candidates import Candidate
from cotrain.progress import Progress
from cotrain.running import Machine, Session, session
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
    started: float = field(default_factory=time.monotonic)
    """When the hours began that count for all of them together."""

    def open(self, candidate: Candidate) -> AbstractContextManager[Session]:
        """A candidate's run.

        Raises:
            InputError: As :func:`cotrain.running.session`, or if the hours are over.
        """
        self.progress.line(f"{candidate.base_model}, {candidate.method}")
        return session(
            self._in_time(candidate).loaded,
            out=self.out / candidate.name,
            machine=self.machine,
            progress=self.progress,
            mined=self.mined,
        )

    def _in_time(self, candidate: Candidate) -> Candidate:
        """The candidate with the hours that are left."""
        loaded = candidate.loaded
        budget = loaded.suite.budget
        if budget.max_hours is None:
            return candidate
        left = budget.max_hours - (time.monotonic() - self.started) / 3600
        if left <= 0:
            raise InputError("the hours are over; the same command with more goes on", place="budget.max_hours")
        suite = replace(loaded.suite, budget=replace(budget, max_hours=left))
        return replace(candidate, loaded=replace(loaded, suite=suite))


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
