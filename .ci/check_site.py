"""Whether a built site is whole by itself: ``python check_site.py SITE``.

Nothing may be fetched from elsewhere, every file and anchor that a page names must be there, and every page must be
reachable from the first one.
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src")}
"""What a browser loads by itself; links are followed by people."""
APART = {"genindex.html", "py-modindex.html", "search.html"}
"""Pages that the theme links in its own way."""


class Page(HTMLParser):
    """The targets and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: list[tuple[bool, str]] = []
        self.anchors = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for every element."""
        for name, value in attrs:
            if value is None:
                continue
            if name in ("id", "name"):
                self.anchors.add(value)
            elif (tag, name) in FETCHED:
                self.targets.append((True, value))
            elif (tag, name) == ("a", "href"):
                self.targets.append((False, value))


def complaints(site: Path) -> Iterator[str]:
    """What is wrong, one line each."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for sheet in site.rglob("*.css"):
        for found in re.findall(
            r"(?:url\(|@import\s+)[\"']?((?:https?:)?//[^\"')\s]+)", sheet.read_text(encoding="utf-8")
        ):
            yield f"{sheet.relative_to(site)} fetches {found}"
    leads: dict[Path, set[Path]] = {}
    for path, page in pages.items():
        for fetched, target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if fetched and parts.scheme != "data":
                    yield f"{path.relative_to(site)} fetches {target}"
                continue
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not place.exists():
                yield f"{path.relative_to(site)} names {target}, which is not there"
            elif place in pages:
                leads.setdefault(path, set()).add(place)
                if unquote(parts.fragment) not in pages[place].anchors:
                    yield f"{path.relative_to(site)} names {target}, which has no such anchor"
    start = site / "index.html"
    met, waiting = {start}, [start]
    while waiting:
        new = leads.get(waiting.pop(), set()) - met
        met |= new
        waiting += new
    for path in pages.keys() - met:
        if path.name not in APART:
            yield f"{path.relative_to(site)} cannot be reached from the first page"


def main(site: Path) -> None:
    """The command."""
    if not (site / "index.html").exists():
        sys.exit(f"{site}: no index.html; name a built site")
    found = sorted(complaints(site.resolve()))
    if found:
        sys.exit("\n".join(found))
    print(f"{len(list(site.rglob('*.html')))} pages, whole by themselves")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
