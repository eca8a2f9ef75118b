"""What a tracker is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix
    from cotrain.tracking.trained_run import TrainedRun

Ended = Literal["finished", "stopped", "failed"]
"""How a command ended: by itself, by a signal, by an error."""
PROJECT = "cotrain"
"""Project or experiment where the environment names no other."""


@dataclass(frozen=True, kw_only=True)
class About:
    """The run that a tracker is to be told of."""

    name: str
    """For people: the run folder as it was named."""
    folder: Path
    """The run folder."""
    settings: Mapping[str, Any]
    """The resolved suite and the machine, nested."""
    before: str | None = None
    """`identity` of the tracker that an earlier command of the folder had."""


class Tracker(Protocol):
    """One run in a tracker's own terms, made from an :class:`About`: a new one, or that of an earlier command.

    Methods may raise anything; that is said once, and the tracker is called no more (:mod:`cotrain.tracking.tracked`).
    """

    packages: ClassVar[tuple[str, ...]]
    """Modules that must be importable; the extra has the tracker's name."""
    identity: str
    """What finds the run again, without secrets."""
    resumed: bool
    """Whether it is that of an earlier command, which knows what that was told."""
    place: str
    """Where a person sees it: an address, or a folder."""

    def __init__(self, about: About) -> None:
        """Opens the run, with its settings."""

    @staticmethod
    def refusal() -> str | None:
        """What else hinders it, and the remedy, in one line; asked once, before any work."""

    def trained(self, run: "TrainedRun") -> None:
        """Called once for every training run, as it finishes: its learning curves and what it cost."""

    def affinities(self, matrix: "AffinityMatrix") -> None:
        """Called when the affinities are known."""

    def answered(self, figures: Mapping[str, float], words: Mapping[str, str]) -> None:
        """Called with the answer at the end of a command (:mod:`cotrain.answer_figures`)."""

    def drawn(self, pictures: Sequence[Path], report: Path | None) -> None:
        """Called when pictures (PNG, the heatmap first) and the report (HTML) were drawn."""

    def close(self, ended: Ended) -> None:
        """Called once at the end of a command: sends what is left."""
