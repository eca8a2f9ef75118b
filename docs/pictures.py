"""The README's pictures, from a finished run of the built-in tasks; or planted runs to look at, which no README shows.

    python docs/pictures.py cotrain-run
    python docs/pictures.py --samples FOLDER

Without a run folder, `cotrain recommend` makes one first. The heatmap is the run's own; the report's first screen needs
Chromium on the path (Debian: `apt-get install chromium`). `--samples` renders the planted runs of 8, 30 and 100 tasks
that the tests have, each with pictures of its first screen: on a phone, a tablet and a screen.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
SAMPLES = ("eight", "thirty", "hundred")
SIZES = ((390, 844), (768, 1024), (1440, 900))
"""Width and height of a phone, a tablet and a screen, in pixels."""
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


def sample_pictures(folder: Path) -> None:
    """Planted runs in ``folder``, each with its report and ``first-WIDTH.png``."""
    sys.path.insert(0, str(ROOT))
    from reports import render
    from tests.reports.samples import sample, write

    for name in SAMPLES:
        run = write(folder / name, sample(name))
        report = render(run)
        for width, height in SIZES:
            screenshot(report, run / f"first-{width}.png", width=width, height=height)


def main() -> None:
    """Writes ``docs/images``, or samples to look at."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="a finished run folder")
    parser.add_argument("--samples", type=Path, metavar="FOLDER", help="where to write planted runs instead")
    given = parser.parse_args()
    if given.samples is not None:
        sample_pictures(given.samples)
        return
    run = given.run
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
