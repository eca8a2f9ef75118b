"""The site's parts that need Sphinx, and the check of a built site; `.ci/docs` builds all of it."""

import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT

CHECK = ROOT / ".ci" / "check_site.py"


def write(folder: Path, **pages: str) -> Path:
    """A site with these bodies."""
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return folder


def checked(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, str(CHECK), str(folder)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_whole_site_passes(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("body { background: url(data:image/png;base64,AA) }")
    (tmp_path / "own.js").write_text("")
    head = '<link rel="stylesheet" href="own.css"><script src="own.js"></script><a href="https://example.org/">x</a>'
    site = write(tmp_path, index=f'{head}<a href="a.html#there">a</a>', a='<p id="there"><a href="#there">up</a></p>')
    assert checked(site) == (0, "2 pages, whole by themselves\n")


def test_what_is_wrong_with_a_site_is_said_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text('@import "https://fonts.example.org/a.css";')
    body = (
        '<script src="https://cdn.example.org/x.js"></script><img src="//cdn.example.org/x.png">'
        '<a href="a.html#nowhere">a</a><a href="gone.html">b</a>'
    )
    code, said = checked(write(tmp_path, index=body, a="", lost=""))
    assert code == 1
    assert said.splitlines() == [
        "index.html fetches //cdn.example.org/x.png",
        "index.html fetches https://cdn.example.org/x.js",
        "index.html names a.html#nowhere, which has no such anchor",
        "index.html names gone.html, which is not there",
        "lost.html cannot be reached from the first page",
        "own.css fetches https://fonts.example.org/a.css",
    ]


def test_a_folder_without_a_site_is_refused(tmp_path: Path) -> None:
    code, said = checked(tmp_path)
    assert code == 1
    assert "name a built site" in said
