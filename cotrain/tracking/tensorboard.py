"""TensorBoard: event files in the run folder, for ``tensorboard --logdir RUN/tensorboard``."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cotrain.tracking.flat import flat
from cotrain.tracking.markdown import matrix_table, table
from cotrain.tracking.tracker import About, Ended
from cotrain.tracking.trained_run import TrainedRun

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

FOLDER = "tensorboard"
"""Where event files are in the run folder, unless `TENSORBOARD_LOGGING_DIR` names another place."""
LONGEST = 100
"""Characters of a folder's name; groups may have many members."""


class TensorBoard:
    """One folder of event files for the whole, and one within it for every training run, so that a task's curves in all
    groups lie in one chart.

    It has no artifacts: the report stays in the run folder, the pictures are shown.
    """

    packages: ClassVar[tuple[str, ...]] = ("tensorboard",)

    def __init__(self, about: About) -> None:
        elsewhere = os.environ.get("TENSORBOARD_LOGGING_DIR")
        folder = Path(elsewhere).expanduser() / about.name if elsewhere else about.folder / FOLDER
        self._folder, self._flat = folder, flat(about.settings)
        self.identity = FOLDER
        self.place = str(folder)
        self.resumed = about.before is not None and folder.is_dir()
        self._writer = self._open(folder)
        if not self.resumed:
            self._writer.add_text("settings", table(self._flat))
            self._writer.flush()

    @staticmethod
    def refusal() -> str | None:
        return None

    def trained(self, run: TrainedRun) -> None:
        writer = self._open(self._folder / _short(run.name))
        for number, _, losses in run.points():
            for name, value in losses.items():
                writer.add_scalar(name, value, number, walltime=run.time)
        for name, value in run.figures.items():
            writer.add_scalar(f"run/{name}", value, len(run.passes), walltime=run.time)
        writer.add_text("run", table(run.settings), walltime=run.time)
        writer.close()
        for name, value in run.spent.items():
            self._writer.add_scalar(f"spent/{name}", value, run.number, walltime=run.time)
        self._writer.flush()

    def affinities(self, matrix: "AffinityMatrix") -> None:
        self._writer.add_text("affinities", matrix_table(matrix))
        self._writer.flush()

    def answered(self, figures: Mapping[str, float], words: Mapping[str, str]) -> None:
        self._writer.add_text("answer", table({**words, **figures}))
        settings = {
            name: value if isinstance(value, int | float) else str(value)
            for name, value in self._flat.items()
            if not name.startswith(("tasks.", "machine."))
        }
        whole = {f"summary/{name}": value for name, value in figures.items() if "/" not in name}  # not of single tasks
        self._writer.add_hparams(settings, whole, run_name=".")
        self._writer.flush()

    def drawn(self, pictures: Sequence[Path], report: Path | None) -> None:
        import numpy as np
        from PIL import Image

        for picture in pictures:
            with Image.open(picture) as image:
                pixels = np.asarray(image.convert("RGB"))  # shape: (height, width, 3)
            self._writer.add_image(f"figures/{picture.stem}", pixels, dataformats="HWC")
        self._writer.flush()

    def close(self, ended: Ended) -> None:
        self._writer.close()

    @staticmethod
    def _open(folder: Path) -> Any:
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(folder))


def _short(name: str) -> str:
    """A folder's name for a run; a long one is cut, and stays different from others."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{digest}"
