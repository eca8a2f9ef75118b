"""How much a search thinks per trained model."""

from __future__ import annotations

from dataclasses import dataclass

FEW_TASKS = 12
"""Most tasks of the first kind of effort; with more every group has more members, so fewer of them are looked at."""
SMALL = 10
"""Most tasks whose thousand groups leave time for more thought about each."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """Numbers that trade the time per model, from 20 ms with 6 tasks to most of a second with 12, against its worth."""

    draws: int
    """Draws of the gains from which improvements are read."""
    imagined: int
    """Draws whose best groupings are proposals."""
    looked_at: int
    """Most groups that are looked at closely."""
    proposals: int
    """Most groupings with one new group among which a model is to tell the best."""
    ways: int
    """Most ways to complete a new group with trained ones."""

    @classmethod
    def of(cls, tasks: int) -> Effort:
        """What so many tasks deserve."""
        if tasks <= SMALL:
            return cls(draws=128, imagined=24, looked_at=256, proposals=48, ways=400)
        if tasks <= FEW_TASKS:
            return cls(draws=128, imagined=12, looked_at=192, proposals=48, ways=200)
        return cls(draws=64, imagined=12, looked_at=128, proposals=32, ways=128)
