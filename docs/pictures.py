"""The README's pictures, from a finished run of the built-in tasks.

    python docs/pictures.py cotrain-run

Without a run folder, `cotrain recommend` makes one first. The heatmap is the run's own; the report's first screen needs
Chromium on the path (Debian: `apt-get install chromium`).
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")


def screenshot(page: Path, picture: Path, *, width: int = 1280, height: int = 900) -> None:
    """The top of a local page as a PNG."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("expected Chromium on the path; install it to make the screenshot")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu", *QUIET, f"--user-data-dir={profile}"),
                *("--hide-scrollbars", f"--window-size={width},{height}", f"--screenshot={picture}"),
                page.resolve().as_uri(),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )


def main() -> None:
    """Writes ``docs/images``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="a finished run folder")
    run = parser.parse_args().run
    with tempfile.TemporaryDirectory() as folder:
        if run is None:
            run = Path(folder) / "run"
            subprocess.run([sys.executable, "-m", "cotrain", "recommend", "--out", str(run)], check=True)
        subprocess.run([sys.executable, "-m", "cotrain", "report", str(run)], check=True)
        IMAGES.mkdir(exist_ok=True)
        shutil.copy(run / "figures" / "heatmap.png", IMAGES / "heatmap.png")
        screenshot(run / "report.html", IMAGES / "report.png")


if __name__ == "__main__":
    main()
