"""A smoke run: the whole way in the shortest time, whose verdict nobody is to trust."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cotrain.suite import LoadedSuite

SMOKE: dict[str, Any] = {
    "budget.smoke": True,
    "budget.passes": 1,
    "budget.seeds": 1,
    "budget.reference_seeds": 2,
    "budget.validation_seeds": 2,
    "budget.max_validation_seeds": 2,
    "budget.models": 2,
    "budget.reruns": 0,
    "budget.early": False,
}
"""Settings of ``--budget smoke`` by dotted field: the fewest with which every step is taken."""

SMOKE_OUT = Path("cotrain-smoke")
"""Its run folder when none is named: that of the run which follows stays free."""


def refuse_smoke(loaded: "LoadedSuite") -> None:
    """Refuses a smoke run where nothing would say that it is one.

    Raises:
        InputError: If the suite is one's.
    """
    from tasks.errors import InputError

    if loaded.suite.budget.smoke:
        raise InputError(
            "is for recommend, heatmap and validate, which label what they say; leave it out for tables",
            place=f"{loaded.place}: budget.smoke",
        )
