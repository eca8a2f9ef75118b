"""What ``cotrain.recommend`` and ``cotrain.validate`` give: the object of ``recommendation.json``, and its ways in."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cotrain.loaded_run import LoadedRun
    from reports.records import Recommendation


class Answer(dict[str, Any]):
    """The object of ``recommendation.json``, a plain ``dict`` as ``--json`` prints it, which also says::

        found.groups                  # (("clone", "nesting"), ("search",)): tasks that share an adapter
        found.verdict, found.reason   # "confirmed", and why
        found.to_frame()              # one row per task, a pandas frame
        found.record                  # the same typed: found.record.tasks["clone"].delta
        found.run                     # the run folder: matrix, evidence, trained groups
        found                         # in a notebook, a table

    Args:
        found: The object.
        out: The run folder.
    """

    def __init__(self, found: Mapping[str, Any], out: Path) -> None:
        super().__init__(found)
        self.out = out

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The answer: names of the tasks that share each adapter."""
        return tuple(tuple(group) for group in self["groups"])

    @property
    def served_by(self) -> dict[str, int]:
        """By task, the number of its group in :attr:`groups`, from 0."""
        return dict(self["served_by"])

    @property
    def verdict(self) -> str:
        """Confirmed, refuted, undecided, not learnable, or not validated."""
        return str(self["verdict"])

    @property
    def reason(self) -> str:
        """Why, in sentences."""
        return str(self["reason"])

    @property
    def record(self) -> "Recommendation":
        """The same, typed."""
        from reports.inputs import parse
        from reports.records import Recommendation

        return parse(Recommendation, dict(self), place="recommendation.json")

    @property
    def run(self) -> "LoadedRun":
        """The run folder, read: affinities, evidence, trained groups.

        Raises:
            InputError: If it holds no finished run any more.
        """
        from cotrain.loaded_run import LoadedRun

        return LoadedRun.of(self.out)

    def to_frame(self) -> "pd.DataFrame":
        """One row per task: scores, change with its interval, gain, verdict; units as in ``recommendation.json``."""
        from reports.notebook import frame_by
        from reports.tables import verdicts

        return frame_by(verdicts(self.record), "task")

    def _repr_html_(self) -> str:
        from reports.notebook import recommendation_html

        return recommendation_html(self.record)
