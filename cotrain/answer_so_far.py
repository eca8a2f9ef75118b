"""The best answer so far, on disk at any moment: written as soon as tasks are read, and again as more is known."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from affinity.gains import MeasuredGroup
from cotrain import evidence
from cotrain.answer_figures import ANSWERED, answer_figures, answer_words
from cotrain.drawn import log_drawn
from cotrain.events import earlier_seconds
from cotrain.forming import Formed
from cotrain.json_text import to_json
from cotrain.limits import DRAWING, reason
from cotrain.measuring import Probes
from cotrain.probing import Probed
from cotrain.recommendation import Costs, Expected, recommendation
from cotrain.run_folder import read_object
from cotrain.running import Session
from grouping.partition import Group, Partition
from grouping.rounds.outcome import Outcome
from grouping.verdict import not_validated
from reports import render
from reports.records import GIVEN
from tasks.errors import InputError
from trainers.out_of_budget import OutOfBudget
from trainers.result import GroupResult

STAGES = ("tasks read", "probe runs", "search", "validation")
"""What was done last, in order."""
LIMITED = ("time", "jobs")
"""Limits that may end a command."""
CHEAP = 0.02
"""Share of the time so far that drawing the report of an answer so far may take."""


@dataclass(eq=False)
class AnswerSoFar:
    """Writes ``recommendation.json`` and ``evidence.json`` of a run in progress.

    An answer that says less never replaces one of the same question that says more: neither an earlier command's in the
    folder, nor a validated one.

    Args:
        session: The run.
        started: Time of :func:`time.monotonic` when the command began.
        objective: As of :func:`cotrain.recommendation.recommendation`.
    """

    session: Session
    started: float
    objective: Mapping[str, Any]
    probed: Probed | None = None
    """What the probe runs told, once they are done."""
    costs: Costs = field(default_factory=Costs)
    """What was spent so far."""
    drawing: float = DRAWING
    """Seconds that drawing the report takes."""
    last: dict[str, Any] = field(default_factory=dict)
    """The answer that was written last."""
    _stage: str = STAGES[0]

    def begin(self, partition: Partition, why: str, *, forms: Formed | None = None) -> None:
        """The answer before anything is measured."""
        self._write(partition, why, stage=STAGES[0], expected=Expected(gain={}, error={}), forms=forms)

    def tell(
        self,
        partition: Partition,
        why: str,
        *,
        stage: str,
        expected: Expected,
        measured: Mapping[Group, MeasuredGroup],
        searched: Mapping[Group, Sequence[GroupResult]],
        forms: Formed | None = None,
    ) -> None:
        """The answer after more was measured; draws the report where that is cheap beside what was done.

        Args:
            stage: One of :data:`STAGES`.
            measured: All groups measured so far.
            searched: Runs of those that the search trained.
            forms: Of groups that are not one shared adapter.
        """
        self._write(partition, why, stage=stage, expected=expected, measured=measured, searched=searched, forms=forms)
        if self.drawing < CHEAP * (time.monotonic() - self.started):
            self.draw()

    def end(self, error: OutOfBudget) -> dict[str, Any]:
        """The answer where a limit has ended the command; drawn if that ends within the limit."""
        why = f"{self._doing()}: {reason(error)}"
        self.session.progress.line(f"not validated: {why}")
        self.session.folder.log("stopped", by=error.kind, stage=self._stage)
        found = self.last | {"stopped": {"by": error.kind, "after": self._stage}, "reason": _sentence(why)}
        found["cost"] = found["cost"] | {"wall_seconds": self.wall_seconds()}
        better = self.known()
        if better is not None and rank(better) > rank(found):
            return better
        self.session.folder.write_json("recommendation.json", found)
        self.log(found)
        if self.session.limits.may_draw():
            self.draw()
            log_drawn(self.session.folder)
        return found

    def wall_seconds(self) -> float:
        """How long this command and earlier ones in the folder have worked."""
        return round(self._earlier + time.monotonic() - self.started, 1)

    @cached_property
    def _earlier(self) -> float:
        return earlier_seconds(self.session.folder.log_path)

    def known(self) -> dict[str, Any] | None:
        """The answer to the same question in the folder; None if there is none, or if it cannot be read."""
        path = self.session.folder.path / "recommendation.json"
        try:
            found = read_object(path) if path.exists() else None
        except InputError:
            return None
        if found is None or found.get("objective", {}).get("name") != self.objective["name"]:
            return None
        if self.objective["name"] == GIVEN and (found.get("proposed") or found.get("groups")) != self.last["groups"]:
            return None
        return found

    def log(self, found: Mapping[str, Any]) -> None:
        """Logs the figures of an answer that is not to become another one."""
        self.session.folder.log(ANSWERED, figures=answer_figures(found), words=answer_words(found))

    def draw(self) -> None:
        """Draws the report, and notes how long it takes."""
        began = time.monotonic()
        render(self.session.folder.path)
        self.drawing = time.monotonic() - began

    def _doing(self) -> str:
        return {
            "tasks read": "every task alone, as no reference was done",
            "probe runs": "the best of what the probe runs trained",
            "search": "the best of what was trained",
            "validation": "the best of what was trained",
        }[self._stage]

    def _write(
        self,
        partition: Partition,
        why: str,
        *,
        stage: str,
        expected: Expected,
        measured: Mapping[Group, MeasuredGroup] | None = None,
        searched: Mapping[Group, Sequence[GroupResult]] | None = None,
        forms: Formed | None = None,
    ) -> None:
        session, self._stage = self.session, stage
        probed = self.probed
        probes: Probes | None = None if probed is None else probed.probes
        answer = recommendation(
            not_validated(partition.groups, session.spec.tasks),
            tasks=session.spec.tasks,
            objective=self.objective,
            expected=expected,
            prior=session.prior(),
            learnable={} if probes is None else probes.learnable,
            proof=None,
            openings=0,
            costs=self.costs,
            dropped=None if probed is None else probed.estimate.dropped,
            smoke=session.suite.budget.smoke,
            forms=forms.names(partition.groups) if forms is not None and forms.chosen else None,
            affinities=None
            if probed is None
            else evidence.affinities(session.suite.estimator, probed, searched=searched or {}),
        )
        answer |= {
            "reason": _sentence(why),
            "complete": False,
            "stopped": None,
            "progress": {"stage": stage, "groups_trained": len(measured or {})},
        }
        answer["cost"] |= {"wall_seconds": self.wall_seconds()}
        self.last = answer
        before = self.known()
        if before is not None and rank(before) > rank(answer):
            return
        shown = evidence.settings(session.suite, threads=session.spec.threads, device=session.spec.device)
        if probes is not None:
            shown |= {
                "curves": evidence.curves([probes.runs]),
                "measured": evidence.measured_groups(measured or {}, phase="so far"),
            }
        session.folder.write("evidence.json", to_json(shown))
        session.folder.write("recommendation.json", to_json(answer))


def rank(answer: Mapping[str, Any]) -> tuple[bool, bool, int, int]:
    """How much an answer rests on: validated, complete, the stage it came to, and how many groups it knows."""
    done = answer.get("progress") or {}
    complete = bool(answer.get("complete", True))
    stage = STAGES.index(done["stage"]) if done.get("stage") in STAGES else -1
    return bool(answer.get("validated")), complete, stage, int(done.get("groups_trained") or 0)


def ended(outcome: Outcome | None, *, cut: str, validated: bool) -> dict[str, Any]:
    """What the answer at the end says of how it came to its end.

    Args:
        outcome: Of the search; None for a given grouping.
        cut: The limit that ended search or validation; empty if none did.
        validated: Whether the answer is.
    """
    stopped = None if not cut else {"by": cut, "after": "validation" if validated else "search"}
    trained = 0 if outcome is None else len(outcome.measured)
    stage = "validation" if validated else "search"
    return {"complete": not cut, "stopped": stopped, "progress": {"stage": stage, "groups_trained": trained}}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
