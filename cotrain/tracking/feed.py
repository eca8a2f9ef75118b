"""One tracker, fed from a run folder's log."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from affinity.matrix import AffinityMatrix
from cotrain.affinity_files import AFFINITIES
from cotrain.answer_figures import ANSWERED
from cotrain.drawn import DRAWN, REPORT, pictures
from cotrain.events import LOG, read_events
from cotrain.tracking.quietly import quietly
from cotrain.tracking.tracker import Ended, Tracker
from cotrain.tracking.trained_run import TrainedRun
from cotrain.trained_log import TRAINED
from tasks.errors import InputError


class Feed:
    """Tells a tracker of every event in the log once, in order.

    Args:
        tracker: Is told.
        folder: The run folder.
        told: Bytes of the log that it has been told of.
        keep: Called after every event with the bytes that it has been told of by then.
        warn: Called with what the tracker warns of.
    """

    def __init__(
        self, tracker: Tracker, folder: Path, told: int, *, keep: Callable[[int], None], warn: Callable[[str], None]
    ) -> None:
        self._tracker, self._folder, self._keep, self._warn = tracker, folder, keep, warn
        self._told = told if told <= _size(folder / LOG) else 0

    def catch_up(self) -> None:
        """Tells what is in the log and was not told.

        Raises:
            Exception: What the tracker raises; the event is told again the next time.
        """
        for event, end in read_events(self._folder / LOG, self._told):
            call = self._call(event)
            if call is not None:
                with quietly(self._warn):
                    call()
            self._told = end
            self._keep(end)

    def close(self, ended: Ended) -> None:
        """Ends the tracker's run.

        Raises:
            Exception: What the tracker raises.
        """
        with quietly(self._warn):
            self._tracker.close(ended)

    def _call(self, event: Mapping[str, Any]) -> Callable[[], None] | None:
        """What tells of an event; None for one that is of no interest, or that somebody changed."""
        tracker, kind = self._tracker, event["event"]
        try:
            if kind == TRAINED:
                return partial(tracker.trained, TrainedRun.of(event))
            if kind == AFFINITIES:
                return partial(tracker.affinities, AffinityMatrix.load(self._folder / "affinity.json"))
            if kind == ANSWERED:
                return partial(tracker.answered, dict(event["figures"]), dict(event["words"]))
            if kind == DRAWN:
                report = self._folder / REPORT
                return partial(tracker.drawn, pictures(self._folder), report if report.exists() else None)
        except (InputError, LookupError, TypeError, ValueError):
            return None
        return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
