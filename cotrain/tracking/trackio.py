"""Trackio: a run, and in its group one more for every training run, in the local store or where one is named."""

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cotrain.tracking.flat import flat
from cotrain.tracking.markdown import table
from cotrain.tracking.tracker import PROJECT, About, Ended
from cotrain.tracking.trained_run import TrainedRun

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

QUIET = {"embed": False, "auto_log_cpu": False, "auto_log_gpu": False}
"""Nothing is opened in a notebook, and the machine is not watched."""


class Trackio:
    """Runs of the project `TRACKIO_PROJECT` (by default ``cotrain``) in `TRACKIO_DIR`, or on the Space
    `TRACKIO_SPACE_ID`.

    Trackio has one open run at a time: each is opened for what it is told, and closed again. The group has the name of
    the first run, which is that of the run folder with a number that makes it different from others.
    """

    packages: ClassVar[tuple[str, ...]] = ("trackio",)

    def __init__(self, about: About) -> None:
        import trackio

        self._trackio = trackio
        self._project = os.environ.get("TRACKIO_PROJECT") or PROJECT
        self.resumed = about.before is not None and self._is_known(about.before)
        name = f"{about.name.replace('/', '-')}-{uuid.uuid4().hex[:6]}"
        self.identity = about.before if self.resumed and about.before is not None else name
        self._settings = flat(about.settings)
        if not self.resumed:  # a run that was told nothing is not kept
            with self._opened(self.identity, resume="never", config=self._settings) as run:
                run.log({"settings": trackio.Markdown(table(self._settings))})
        where = os.environ.get("TRACKIO_SPACE_ID") or os.environ.get("TRACKIO_SERVER_URL") or trackio.TRACKIO_DIR
        self.place = f"{where}, run {self.identity}"

    @staticmethod
    def refusal() -> str | None:
        return None

    def trained(self, run: TrainedRun) -> None:
        with self._opened(run.name.replace("/", "-"), resume="never", config=dict(run.settings)) as own:
            for number, passes, losses in run.points():
                own.log({"passes": passes, **losses}, step=number)
            own.log({f"run/{name}": value for name, value in run.figures.items()}, step=len(run.passes))
        self._log({f"spent/{name}": value for name, value in run.spent.items()}, step=run.number)

    def affinities(self, matrix: "AffinityMatrix") -> None:
        self._log({"affinities": self._trackio.Table(dataframe=matrix.frame())})

    def answered(self, figures: Mapping[str, float], words: Mapping[str, str]) -> None:
        summary = {f"summary/{name}": value for name, value in figures.items()}
        self._log({**summary, "answer": self._trackio.Markdown(table({**words, **figures}))})

    def drawn(self, pictures: Sequence[Path], report: Path | None) -> None:
        self._log({f"figures/{picture.stem}": self._trackio.Image(str(picture)) for picture in pictures})
        if report is not None:
            with self._reopened() as run:
                run.log_artifact(str(report), name=f"report-{self.identity}", type="report")

    def close(self, ended: Ended) -> None:
        """Nothing is open."""

    def _log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        with self._reopened() as run:
            run.log(dict(values), step=step)

    def _reopened(self) -> AbstractContextManager[Any]:
        return self._opened(self.identity, resume="must", config=self._settings)  # without settings they would be lost

    @contextmanager
    def _opened(self, name: str, **settings: Any) -> Iterator[Any]:
        """A run within it; one that stays open would print at the program's end."""
        run = self._trackio.init(project=self._project, name=name, group=self.identity, **QUIET, **settings)
        try:
            yield run
        finally:
            self._trackio.finish()

    def _is_known(self, name: str) -> bool:
        """Whether the store has a run of this name: it may be another one now."""
        try:
            self._trackio.init(project=self._project, name=name, resume="must", **QUIET)
        except ValueError:
            return False
        self._trackio.finish()
        return True
