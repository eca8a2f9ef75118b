"""Finished runs to a heatmap and a recommendation: nothing is trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cotrain.json_text import to_json
from reports.lettering import printable
from reports.trained import Served, TrainedInfo, Untrained, trained_blocks, trained_table, trained_text

if TYPE_CHECKING:
    import pandas as pd

    from affinity.matrix import AffinityMatrix
    from affinity.table_gains import TableGains
    from affinity.table_matrix import TableMatrix
    from grouping.partition import Group, Partition
    from grouping.trained_choice import TrainedChoice

CONFIDENCE = 0.8
"""One-sided, of the lower bound that chooses, as in the search."""


@dataclass(frozen=True, eq=False, repr=False)
class Finished:
    """What finished runs say.

    Args:
        affinities: The matrix, and which of its cells are predicted.
        info: The recommendation.
        picture: The heatmap; None where nothing was written.
    """

    affinities: "TableMatrix"
    info: TrainedInfo
    picture: Path | None

    @property
    def matrix(self) -> "AffinityMatrix":
        """Measured affinities, and predicted ones of pairs that were not trained."""
        return self.affinities.matrix

    @property
    def groups(self) -> "tuple[Group, ...] | None":
        """The recommended groups; None where there are none to recommend."""
        return self.info.groups

    def to_frame(self) -> "pd.DataFrame":
        """One row per task, by its name: its group, measured and expected gain with errors and a 95 % interval; empty
        without groups."""
        from reports.notebook import frame_by

        frame = frame_by(trained_table(self.info), "task")
        if "interval" in frame:
            ends = [of or (None, None) for of in frame.pop("interval")]
            frame["low"], frame["high"] = [low for low, _ in ends], [high for _, high in ends]
        return frame

    def __repr__(self) -> str:
        """For interpreters: what the command prints."""
        return trained_text(self.info)

    def _repr_html_(self) -> str:
        """For notebooks: the recommendation, what to train next, and the affinities."""
        from reports.notebook import as_html

        return as_html(trained_blocks(self.info)) + self.matrix._repr_html_()

    def to_dict(self) -> dict[str, Any]:
        """The object of ``grouping.json``; what is not known is null."""
        matrix, info = self.affinities.matrix, self.info
        groups = None if info.groups is None else [list(group) for group in info.groups]
        better = info.better
        return {
            **matrix.to_dict(),
            "predicted_pairs": [
                [matrix.tasks[i], matrix.tasks[j]] for i, j in np.argwhere(np.triu(self.affinities.predicted))
            ],
            "groups": groups,
            "served_by": None if groups is None else {task: of.group - 1 for task, of in info.tasks.items()},
            "predicted": {task: of.predicted for task, of in info.tasks.items()},
            "predicted_errors": {task: of.predicted_error for task, of in info.tasks.items()},
            "measured": {task: of.measured for task, of in info.tasks.items()},
            "measured_errors": {task: of.measured_error for task, of in info.tasks.items()},
            "intervals": {task: of.interval for task, of in info.tasks.items()},
            "mean_gain": info.mean_gain,
            "bound": info.bound,
            "confidence": info.confidence,
            "together": info.together,
            "next": None
            if better is None
            else {
                "groups": [list(group) for group in better.groups],
                "untrained": [list(group) for group in better.missing],
                "mean_gain": better.mean_gain,
                "error": better.error,
                "chance": better.chance,
            },
            "remarks": list(info.remarks),
        }


def recommend_trained(
    found: "TableGains", *, out: Path | None, max_adapters: int | None = None, outlined: "Partition | None" = None
) -> Finished:
    """Draws the affinities and chooses the best grouping among what was trained.

    Writes ``affinity.json``, ``.csv`` and ``.parquet``, ``grouping.json`` and the heatmap to ``out``.

    Args:
        found: Gains of finished runs.
        out: None writes nothing.
        max_adapters: The most groups; as many as there are tasks by default.
        outlined: Groups to outline in place of the recommended ones.

    Raises:
        InputError: If the folder cannot be written.
    """
    from affinity.table_matrix import table_matrix
    from grouping.trained_choice import choose_trained
    from reports.files import write_bytes
    from reports.report import render_heatmap

    affinities = table_matrix(found)
    choice = choose_trained(affinities.gains, found.measured, max_adapters=max_adapters, confidence=CONFIDENCE)
    info = trained_info(found, choice, max_adapters=max_adapters)
    if out is None:
        return Finished(affinities, info, None)
    groups = info.groups if outlined is None else outlined.groups
    written = render_heatmap(affinities.matrix, groups, out, predicted=affinities.predicted)
    affinities.matrix.save(out)
    finished = Finished(affinities, info, written["heatmap.png"])
    write_bytes(out / "grouping.json", to_json(finished.to_dict()).encode())
    return finished


def trained_info(found: "TableGains", choice: "TrainedChoice", *, max_adapters: int | None) -> TrainedInfo:
    """The choice as reports show it."""
    from grouping.grouped import serving

    remarks = _remarks(found)
    better = None
    if choice.better is not None:
        better = Untrained(
            groups=choice.better.grouping.groups, missing=choice.untrained, mean_gain=choice.better.mean_gain,
            error=choice.better.error, chance=None if choice.choice is None else choice.chance,
        )  # fmt: skip
    partition = None if choice.choice is None else serving(choice.choice.grouping)
    if partition is None:
        most = "1 adapter" if max_adapters == 1 else f"{max_adapters} adapters"
        remarks = (f"No groups are recommended: no grouping with at most {most} was trained whole.", *remarks)
    return TrainedInfo(
        groups=None if partition is None else partition.groups,
        tasks={} if partition is None else _served(found, choice, partition),
        mean_gain=None if choice.choice is None else choice.choice.mean_gain,
        bound=choice.bound if choice.choice is not None and found.errors_known else None,
        confidence=choice.confidence,
        together=None if choice.together is None else choice.together.mean_gain,
        better=better,
        remarks=remarks,
    )


def _served(found: "TableGains", choice: "TrainedChoice", partition: "Partition") -> dict[str, Served]:
    known = found.errors_known
    served = {}
    for task in found.tasks:
        place = partition.served_by[task]
        group = partition.groups[place]
        of, column = found.measured.get(group), group.index(task)
        served[task] = Served(
            group=place + 1,
            measured=0.0 if of is None else float(of.gain[column]),
            measured_error=0.0 if of is None else float(of.gain_error[column]) if known else None,
            predicted=choice.predicted[task],
            predicted_error=choice.predicted_error[task] if known or of is None else None,
        )
    return served


def _remarks(found: "TableGains") -> tuple[str, ...]:
    if not found.errors_known:
        why = "The table says nothing of errors" if found.kind == "gains" else "No run was repeated"
        return (
            f"{why}: measured gains are taken at their word, and the highest of many is in part luck; "
            "repeat runs with other seeds to know more.",
        )
    if found.unrepeated:
        names = ", ".join(map(printable, found.unrepeated))
        return (f"No run of {names} was repeated: taken to be as noisy as the other tasks on average.",)
    return ()
