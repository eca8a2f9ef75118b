"""A tracker that remembers what it was told, and can be made to fail."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from affinity.matrix import AffinityMatrix
from cotrain.tracking.tracker import About, Ended
from cotrain.tracking.trained_run import TrainedRun


class Recorder:
    """Its runs live as long as the class; :meth:`made` gives every test one of its own."""

    packages: ClassVar[tuple[str, ...]] = ("json",)
    runs: ClassVar[dict[str, list[tuple[str, Any]]]] = {}
    """What was told, by identity."""
    broken: ClassVar[Callable[[str], bool]] = staticmethod(lambda _what: False)
    """Whether being told of something fails."""
    error: ClassVar[Exception] = OSError(28, "No space left on device")

    @classmethod
    def made(cls) -> "type[Recorder]":
        """A class of its own without runs."""
        return type("Recorder", (cls,), {"runs": {}})

    def __init__(self, about: About) -> None:
        self.resumed = about.before in self.runs
        self.identity = about.before if self.resumed and about.before else f"run {len(self.runs)}"
        self.place = "https://me:secret@tracker.example/run"
        self._note("settings" if not self.resumed else "resumed", dict(about.settings))

    @staticmethod
    def refusal() -> str | None:
        return None

    def trained(self, run: TrainedRun) -> None:
        self._note("trained", run.name)

    def affinities(self, matrix: AffinityMatrix) -> None:
        self._note("affinities", matrix.tasks)

    def answered(self, figures: Mapping[str, float], words: Mapping[str, str]) -> None:
        self._note("answered", {**figures, **words})

    def drawn(self, pictures: Sequence[Path], report: Path | None) -> None:
        self._note("drawn", [*(picture.stem for picture in pictures), report and report.name])

    def close(self, ended: Ended) -> None:
        self._note("closed", ended)

    def _note(self, what: str, about: Any) -> None:
        print("something that no program should read")
        if type(self).broken(what):
            raise self.error
        self.runs.setdefault(self.identity, []).append((what, about))
