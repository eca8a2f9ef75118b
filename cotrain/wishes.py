"""What a recommendation is asked for beside the grouping."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grouping.partition import Partition


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What else a run is to do."""

    validate: bool = True
    """Whether the choice is retrained beside its baselines and test is opened."""
    equal_sizes: bool = False
    """Whether pairs with negative transfer are trained again with the larger data set cut."""
    compared: Partition | None = None
    """A grouping of the user's, validated beside the choice; tasks that cannot be measured are taken out."""
    reruns: bool = True
    """Whether the reruns that the suite asks for are made."""
    earlier: Sequence[Path] = ()
    """Folders of runs whose forecasts tell of a bias, which is corrected where it is clear."""
