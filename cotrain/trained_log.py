"""Every training run once in ``log.jsonl``, with its learning curves: computed now, or found in the ledger."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from affinity.lookahead import LookaheadRun
from cotrain.events import read_events
from cotrain.run_folder import RunFolder
from trainers.cost import Cost
from trainers.job import Job
from trainers.result import GroupResult

TRAINED = "trained"
"""The event."""
DIGITS = 6
"""Significant digits of losses."""


class TrainedLog:
    """Called with finished jobs, it logs those that trained a group.

    A run has the name of its job, with a number behind it where another run of the folder has that name. The same
    curves under the same name are the same run: a resumed command logs nothing twice, nor does a run that is trained
    again to keep its weights.

    Test scores are left out: they are read in verdicts alone.

    Args:
        folder: The run folder, with the runs of earlier commands in its log.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._names: dict[str, int] = {}
        self._known: set[str] = set()
        self._runs, self._cost = 0, Cost()
        for event, _ in read_events(folder.log_path):
            if event["event"] == TRAINED:
                with suppress(KeyError, TypeError):  # a line that somebody changed counts for nothing
                    self._remember(event)

    def __call__(self, job: Job[Any, Any], result: object, phase: str) -> None:
        """Logs the run of a job, unless it is in the log already or the job trained no group."""
        run = result.run if isinstance(result, LookaheadRun) else result
        if not isinstance(run, GroupResult):
            return
        event = _event(job, run, phase)
        if _identity(event) in self._known:
            return
        same = self._names.get(job.label, 0)
        self._remember(event)
        name = f"{job.label} ({same + 1})" if same else job.label
        spent = {"runs": self._runs, "seconds": round(self._cost.seconds, 3), "flops": self._cost.flops}
        self._folder.log(TRAINED, run=name, **event, spent=spent)

    def _remember(self, event: Mapping[str, Any]) -> None:
        name, identity, cost = event["job"], _identity(event), Cost(**event["cost"])
        self._known.add(identity)
        self._names[name] = self._names.get(name, 0) + 1
        self._runs, self._cost = self._runs + 1, self._cost + cost


def _event(job: Job[Any, Any], run: GroupResult, phase: str) -> dict[str, Any]:
    """What the log says of a run, but its name and what all runs so far took."""
    return {
        "job": job.label,
        "key": job.key,
        "phase": phase,
        "group": list(run.group),
        "seed": run.seed,
        "reference": run.reference,
        "passes": _rounded(run.grid),
        "eval_loss": {name: _rounded(member.curve) for name, member in run.members.items()},
        "train_loss": {name: _rounded(member.train_curve) for name, member in run.members.items()},
        "chosen": run.chosen,
        "metric": {name: member.metric["select"] for name, member in run.members.items() if "select" in member.metric},
        "steps": run.steps,
        "cost": run.cost.to_dict(),
        "failed": run.failed,
    }


def _identity(event: Mapping[str, Any]) -> str:
    return json.dumps([event["job"], event["passes"], event["eval_loss"], event["failed"]], sort_keys=True)


def _rounded(values: "NDArray[Any] | Sequence[float]") -> list[float | None]:
    """To :data:`DIGITS` significant digits; None where a value is not finite, as in JSON."""
    return [float(f"{value:.{DIGITS}g}") if abs(value) < float("inf") else None for value in values]
