"""Which trackers there are, for the suite file: imports nothing."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from tasks.errors import InputError, did_you_mean

TrackerName = Literal["mlflow", "wandb", "trackio", "tensorboard"]
"""A tracker of :data:`cotrain.tracking.TRACKERS`."""
NAMES: tuple[str, ...] = get_args(TrackerName)
NONE = "none"
"""What is said instead where nothing is to be tracked."""
PLACE = "report_to"
"""The field of the suite."""


def with_trackers(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a suite with ``report_to`` as a list, each name once; ``none`` is the empty one.

    Raises:
        InputError: If a name is no tracker.
    """
    given = data.get(PLACE, ())
    names = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple):
        return dict(data)  # what is wrong with it is said where it is read
    names = [] if list(names) == [NONE] else list(dict.fromkeys(map(str, names)))
    for name in names:
        if name == NONE:
            raise InputError(f"expected `{NONE}` alone, but got {', '.join(names)}", place=PLACE)
        if name not in NAMES:
            known = ", ".join([NONE, *NAMES])
            raise InputError(f"no tracker `{name}`{did_you_mean(name, NAMES)}; expected some of {known}", place=PLACE)
    return {**data, PLACE: names}
