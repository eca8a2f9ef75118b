"""What of a run is there to look at: its report and its pictures, named in the log once they are drawn."""

from pathlib import Path

from cotrain.run_folder import RunFolder
from reports.report import DRAWN as FIGURES

DRAWN = "drawn"
"""The event in the log."""
REPORT = "report.html"
"""The page with everything."""


def pictures(folder: Path) -> list[Path]:
    """The pictures of a run folder that are there, the heatmap first."""
    drawn = [folder / "figures" / f"{name}.png" for name in FIGURES]
    return [picture for picture in drawn if picture.exists()]


def log_drawn(folder: RunFolder) -> None:
    """Logs what was drawn."""
    files = [*pictures(folder.path), *([folder.path / REPORT] if (folder.path / REPORT).exists() else [])]
    folder.log(DRAWN, files=[file.relative_to(folder.path).as_posix() for file in files])
