"""Links of README.md and docs/ lead to files and headings that there are."""

import re
from pathlib import Path

import pytest

from docs.making.generated import filled
from tests.docs.pages import PAGES, ROOT, Found, anchors, links

LINKS = [found for page in PAGES for found in links(page) if not re.match(r"[a-z]+:", found.text)]


def broken(found: Found) -> str:
    """What is wrong with a link; empty if nothing is."""
    name, _, anchor = found.text.partition("#")
    target = found.page if not name else (found.page.parent / name).resolve()
    if not target.exists():
        return f"{found}: no such file"
    if anchor and anchor not in anchors(target) | generated(target):
        return f"{found}: no such heading"
    return ""


def generated(page: Path) -> set[str]:
    """Headings that are written when the site is built."""
    if page.suffix != ".md" or "<!-- generated:" not in (text := page.read_text(encoding="utf-8")):
        return set()
    names = re.findall(r"^#+ `?([^`\n]+)`?$", filled(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names}


def test_links_lead_somewhere() -> None:
    assert len(LINKS) > 20
    assert [why for found in LINKS if (why := broken(found))] == []


@pytest.mark.parametrize("target", ["nowhere.md", "README.md#no-such-heading", "docs/reference/suite.md#no-such-field"])
def test_a_broken_link_is_seen(target: str) -> None:
    assert broken(Found(ROOT / "README.md", 1, target))


def test_every_page_is_in_the_navigation() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES if page.name != "README.md"}
    listed = set(re.findall(r"^(?:README <)?([a-z-]+(?:/[a-z-]+)?)>?$", index, re.MULTILINE))
    assert pages - {"index"} == listed
