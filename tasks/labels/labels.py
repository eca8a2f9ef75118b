"""Targets of all examples of a task."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tasks.kinds import Kind


@dataclass(frozen=True, eq=False)
class Labels:
    """Targets of all ``N`` examples, before they are split.

    Args:
        kind: What is predicted.
        classes: Names of the classes or labels, in the order of the head's outputs; empty for a number.
        targets: In the kind's form, shape ``(N,)`` or ``(N, C)``; a number is not yet standardised, float64.
    """

    kind: Kind
    classes: tuple[str, ...]
    targets: NDArray[Any]
