"""A search that counts models, written into the two Optuna studies as it goes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from grouping.study import open_studies, study_url
from grouping.study_notes import BY_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from grouping.sequential import Asked


@contextmanager
def record_search(path: Path, tasks: Sequence[str], told: Callable[[Asked], None]) -> Iterator[Callable[[Asked], None]]:
    """What to call after every answer: it records the proposal and the choice, then calls ``told``.

    A proposal becomes a trial of the study ``proposals`` with its expected mean gain; a new choice one of the study
    ``trained`` with the measured one. Both are known by their groups, so a resumed search records nothing twice.

    Args:
        path: The SQLite file of the studies.
    """
    with open_studies(study_url(path), tasks) as studies:

        def record(asked: Asked) -> None:
            step = asked.step
            if step.proposal is not None:
                studies.propose(
                    step.proposal,
                    mean_gain=step.predicted / len(tasks),
                    worst=step.worst,
                    attributes={"error": step.error / len(tasks), "asked": "+".join(step.group)},
                )
            if asked.choice is not None:
                studies.begin(asked.choice, attributes={"asked": "+".join(step.group)})
                studies.finish(asked.choice, mean_gain=asked.value / len(tasks))
                studies.choose(asked.choice, why=BY_VALUE)
            told(asked)

        yield record
