"""A training run, as ``log.jsonl`` has it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Curves = Mapping[str, Sequence[float | None]]
"""Losses by task, one per point; None where one was not finite or there was none."""


@dataclass(frozen=True, kw_only=True)
class TrainedRun:
    """One group or reference that was trained with one seed."""

    name: str
    """Different for every run of the folder, such as ``clone+defect, seed 42``."""
    time: float
    """When it finished, in seconds since 1970."""
    settings: Mapping[str, str | int | bool]
    """Phase, group, seed, whether it is a reference, and the reason where it failed."""
    passes: Sequence[float]
    """Passes at every point of the curves."""
    eval_loss: Curves
    """Mean held-out loss on the stop half."""
    train_loss: Curves
    """Mean training loss since the point before."""
    figures: Mapping[str, float]
    """Figures of the run as a whole: the metric of every task on the select half, the point that was read, the cost."""
    spent: Mapping[str, float]
    """What all training runs of the folder up to this one took: ``runs``, ``seconds``, ``flops``."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "TrainedRun":
        """The run of a line of the log.

        Raises:
            KeyError, TypeError, ValueError: If the line is not of the right form.
        """
        settings = {"phase": event["phase"], "group": "+".join(event["group"]), "seed": event["seed"]}
        settings |= {"reference": event["reference"]}
        settings |= {} if event["failed"] is None else {"failed": event["failed"]}
        figures = {f"metric/{task}": value for task, value in event["metric"].items() if value is not None}
        figures |= {name: event["cost"][name] for name in ("seconds", "flops")} | {"steps": event["steps"]}
        if event["passes"]:
            figures["chosen_pass"] = event["passes"][event["chosen"]]
        return cls(
            name=event["run"],
            time=datetime.fromisoformat(event["time"]).timestamp(),
            settings=settings,
            passes=tuple(event["passes"]),
            eval_loss=event["eval_loss"],
            train_loss=event["train_loss"],
            figures=figures,
            spent={name: event["spent"][name] for name in ("runs", "seconds", "flops")},
        )

    @property
    def number(self) -> int:
        """How many runs of the folder were done with it."""
        return int(self.spent["runs"])

    @property
    def tasks(self) -> list[str]:
        """Tasks that have curves."""
        return list(self.eval_loss)

    def points(self) -> Iterator[tuple[int, float, dict[str, float]]]:
        """Number from 1, passes, and finite losses by ``eval_loss/TASK`` and ``train_loss/TASK``, of every point."""
        kinds = {"eval_loss": self.eval_loss, "train_loss": self.train_loss}
        for index, passes in enumerate(self.passes):
            losses = {f"{kind}/{task}": of[index] for kind, curves in kinds.items() for task, of in curves.items()}
            yield index + 1, passes, {name: value for name, value in losses.items() if value is not None}
