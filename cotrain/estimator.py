"""Which estimator a suite or a flag names."""

from typing import TYPE_CHECKING

from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from affinity.estimators import Estimator

DEFAULT = "hybrid"
"""Simulated training, corrected by the references and by all tasks together."""


def find_estimator(name: str) -> "type[Estimator]":
    """The estimator of that name.

    Raises:
        InputError: If there is none; the place is ``estimator``.
    """
    from affinity.estimators import ESTIMATORS

    if name not in ESTIMATORS:
        known = ", ".join(ESTIMATORS)
        raise InputError(
            f"no estimator `{name}`; expected one of {known}{did_you_mean(name, ESTIMATORS)}", place="estimator"
        )
    return ESTIMATORS[name]
