"""How much is trained: passes, seeds, and where it ends."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", use_attribute_docstrings=True))
class Budget:
    """Passes and seeds of the probe runs, the search and the validation."""

    passes: int = Field(default=3, ge=1)
    """Passes that every member of a group makes over its own examples, whatever the group; under another mixing than
    proportional, passes of the group, which has as many steps all the same."""
    seeds: int = Field(default=2, ge=1)
    """Probe runs per group; and of the runs that the search may do, as many per group of `models`: it trains a group
    once, again those between which the choice lies, and those of the choice as often as this."""
    reference_seeds: int = Field(default=3, ge=2)
    """Runs of each task alone; their noise enters every gain of the task, so there are more of them."""
    validation_seeds: int = Field(default=3, ge=2)
    """Fresh runs per group of the choice and of every baseline, before the test split is opened."""
    max_validation_seeds: Annotated[int, Field(ge=2)] | None = None
    """Runs up to which groups are trained on, twice as many each time, while their tasks are undecided and seeds could
    settle it; every look that is planned makes intervals wider. Null plans one look, after `validation_seeds`."""
    models: int = Field(default=10, ge=0)
    """Groups that the search may train beyond the probe runs, which are all tasks together and, with `pairwise`, every
    pair."""
    reruns: int = Field(default=0, ge=0)
    """Complete reruns of probes and search with other seeds and the same data, which tell how stable the answer is and
    do not change it."""
    max_hours: Annotated[float, Field(gt=0)] | None = None
    """Hours that the command may take: runs in progress are then cut and kept, the answer so far is reported, and the
    same command goes on from there. The search ends in time for validation."""
    max_jobs: Annotated[int, Field(ge=0)] | None = None
    """Training runs that the command may start; those that an earlier one has finished or begun are free. The search
    leaves as many as validation needs."""
    early: bool = False
    """Whether groups of the search are looked at before they are trained to the end: those that no better grouping can
    be made of any more are stopped after half of the passes of their first run. How early gains relate to final ones
    is learned from the runs that went to their ends, and reported. Worth it where passes are many."""
    smoke: bool = False
    """Whether this only tries the suite from end to end, on at most 64 examples of each split: its verdict is labelled
    as a smoke run's, and says nothing of the tasks. `--budget smoke` sets it, with the fewest passes and seeds."""
