"""One worker of a Ray cluster: it keeps its context, such as a base model, and computes one unit at a time.

A worker of several devices is a process for each of them, which train every run together.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainers.executors.together import Together
from trainers.executors.workers import WorkerDied
from trainers.interruption import Terminated, ask
from trainers.job import Unit
from trainers.timed import Timed


@dataclass(frozen=True, kw_only=True)
class Versions:
    """What has to be the same wherever runs are computed."""

    results: int
    """Version of our results."""
    torch: str
    """Of the package, without the build."""
    python: str
    """Major and minor."""

    @classmethod
    def here(cls) -> "Versions":
        """Those of this process."""
        import torch

        from trainers.train_job import RESULTS_VERSION

        return cls(
            results=RESULTS_VERSION,
            torch=torch.__version__.partition("+")[0],
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
        )

    def __str__(self) -> str:
        return f"Python {self.python}, torch {self.torch} and results of version {self.results}"


class Worker:
    """Computes units in the order in which it is asked.

    Args:
        open_context: Makes the context from ``spec``.
        spec: What it is made from.
    """

    def __init__(self, open_context: Callable[[Any], Any], spec: Any) -> None:
        self._open, self._spec, self._context = open_context, spec, None
        self._team = Together.over(open_context, spec) if getattr(spec, "also", ()) else None

    def begun(self, mark: Path | None) -> tuple[Versions, bool]:
        """What this machine has, and whether it sees a file of the driver's."""
        return Versions.here(), mark is None or mark.is_file()

    def run(self, unit: Unit[Any, Any], sent: float) -> bytes | Exception:
        """The encoded result of a unit, or why there is none.

        Args:
            sent: Time of :func:`time.monotonic` where it was sent: deadlines are of that clock.
        """
        if isinstance(unit, Timed):
            unit = replace(unit, deadline=unit.deadline + time.monotonic() - sent)
        try:
            if self._team is not None:
                ((_, found),) = self._team.results([unit])
                return found
            if self._context is None:
                self._context = self._open(self._spec)
            return unit.encode(unit.run(self._context))
        except WorkerDied:
            os._exit(1)  # as a worker of one device would have ended
        except Terminated:
            return InterruptedError("the worker was asked to end")  # nobody waits for it; the run is kept
        except Exception as error:
            return error

    def end(self) -> None:
        """A run in progress ends at its next step, and is kept."""
        ask()
        if self._team is not None:
            self._team.end()
