"""What stands beside the two studies as user attributes, for people who open them in a dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GAINS = "a gain is measured against training the task alone; it has no unit, 0 is no change, above 0 is better"
"""What the values are."""
CHOICE = "choice"
"""The attribute that names the answer."""
BY_BOUND = (
    "chosen by the lower bound of its mean gain, so it need not be the best trial: the highest of many measured values "
    "is often the luckiest"
)
"""How a search of rounds chooses among what it trained."""
BY_VALUE = "the best of what was trained"
"""How a search that counts models does."""


def proposals_notes(tasks: Sequence[str]) -> dict[str, str]:
    """Of the study of proposals."""
    return {
        "about": f"groupings that were proposed, with what was expected of them then; {GAINS}",
        "adapters": "groups; a task alone is one",
        "parameters": _parameters(tasks),
    }


def trained_notes(tasks: Sequence[str]) -> dict[str, str]:
    """Of the study of trained groupings."""
    return {
        "about": f"groupings of which every group was trained, with the mean gain that was measured; {GAINS}",
        "predicted_mean_gain": "what was expected before training; the history plot can have it on its y axis instead",
        "parameters": _parameters(tasks),
    }


def _parameters(tasks: Sequence[str]) -> str:
    return f"number of the group that serves the task; {tasks[0]}, the first by name, is always in group 0"
