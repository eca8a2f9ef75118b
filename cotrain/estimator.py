"""Which estimator a suite or a flag names."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from affinity.estimators import Estimator

DEFAULT = "hybrid"
"""Simulated training, corrected by the references and by all tasks together."""


def find_estimator(name: str) -> "Estimator":
    """The estimator of that name, built in or of another distribution.

    Raises:
        InputError: If there is none; the place is ``estimator``.
    """
    from affinity.estimators.registry import find_estimator as find

    return find(name, place="estimator")
