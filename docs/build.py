"""Builds the site: ``python -m docs.build [FOLDER]``. A warning, such as a broken link, is an error."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).parent
SITE = HERE.parent / "site"
"""Where the site is when no folder is named."""


def build(folder: Path) -> int:
    """Makes the site anew; an older one in its place goes only when the new one is whole.

    Returns:
        Sphinx's exit code.
    """
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "site"
        options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet", "--fresh-env"]
        code = sphinx([*options, "-b", "html", "-d", f"{temporary}/doctrees", str(HERE), str(made)])
        if code == 0:
            shutil.rmtree(made / "_sources", ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(made, folder)
    return code


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SITE, help="where to; by default ./site")
    folder: Path = parser.parse_args().folder
    if folder.exists() and not (folder / "searchindex.js").exists():
        print(f"error: {folder} holds no earlier site; name another folder or remove it", file=sys.stderr)
        return 2
    code = build(folder)
    if code == 0:
        print(f"open {folder / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
