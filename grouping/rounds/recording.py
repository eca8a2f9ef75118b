"""Writes a search into the studies; without studies it writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.study_notes import BY_BOUND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grouping.grouped import Grouped
    from grouping.rounds.figures import Proposal
    from grouping.rounds.knowledge import Knowledge
    from grouping.study import Studies


def record_proposals(studies: Studies | None, proposals: Iterable[Proposal], *, number: int) -> None:
    """Records what is expected of each proposal of round ``number``."""
    if studies is None:
        return
    for proposal in proposals:
        studies.propose(
            proposal.grouping,
            mean_gain=proposal.mean_gain,
            worst=proposal.worst,
            attributes={"error": proposal.error, "frequency": proposal.frequency, "round": number},
        )


def begin_training(studies: Studies | None, groupings: Iterable[Grouped], known: Knowledge, *, number: int) -> None:
    """Records groupings whose groups round ``number`` trains, with every task's predicted gain."""
    if studies is None:
        return
    for grouping in groupings:
        served = known.serving(grouping)
        mean, error = np.nansum(served.mean, axis=0), np.nansum(served.error, axis=0)  # shape: (T,); one row per task
        studies.begin(
            grouping,
            attributes={
                "predicted_mean_gain": float((known.shares * mean).mean()),
                "predicted": dict(zip(known.tasks, mean.tolist(), strict=True)),
                "predicted_error": dict(zip(known.tasks, error.tolist(), strict=True)),
                "round": number,
            },
        )


def finish_training(studies: Studies | None, groupings: Iterable[Grouped], known: Knowledge) -> None:
    """Tells each begun grouping its measured mean gain, or that a group of it could not be trained."""
    if studies is None:
        return
    for grouping in groupings:
        if known.holds(grouping):
            studies.finish(grouping, mean_gain=known.measured_mean(grouping), measured=known.measured_gains(grouping))
        else:
            studies.finish(grouping, mean_gain=None)


def record_choice(studies: Studies | None, choice: Grouped) -> None:
    """Records which of the trained groupings is the answer."""
    if studies is not None:
        studies.choose(choice, why=BY_BOUND)
