"""What stands in README.md and below docs/: commands, blocks of code, links and headings, with their lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELLS = ("sh", "bash", "shell", "console")
"""Languages of fenced blocks that hold commands; an indented block always does."""
COMMENT = re.compile(r"(^|\s)#\s.*$")
NO_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Found:
    """Something in a page."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Block(Found):
    """A block of code; ``language`` is empty where none is said."""

    language: str


def tokens(page: Path) -> list[Token]:
    """The page as Markdown has it, tables among it."""
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> Iterator[Block]:
    """Blocks of code; an indented one has the language ``sh``."""
    for token in tokens(page):
        if token.type in ("fence", "code_block"):
            assert token.map is not None
            language = token.info.strip() if token.type == "fence" else "sh"
            yield Block(page, token.map[0] + 1, token.content, language)


def commands(page: Path) -> Iterator[Found]:
    """Commands of the page's blocks: continued lines joined, ``&&`` taken apart, comments left out."""
    for block in blocks(page):
        if block.language in SHELLS:
            for line in block.text.replace("\\\n", " ").splitlines():
                for part in COMMENT.sub("", line).split("&&"):
                    if part.strip():
                        yield Found(page, block.line, " ".join(part.split()))


def inline_code(page: Path) -> Iterator[Found]:
    """Code within sentences and tables."""
    for token in tokens(page):
        for child in token.children or ():
            if child.type == "code_inline":
                yield Found(page, (token.map or [0])[0] + 1, " ".join(child.content.split()))


def links(page: Path) -> Iterator[Found]:
    """Targets of links and images."""
    for token in tokens(page):
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                yield Found(page, (token.map or [0])[0] + 1, str(child.attrGet("href") or child.attrGet("src")))


def anchors(page: Path) -> set[str]:
    """What a link may name behind ``#``: headings as GitHub and MyST spell them."""
    found: set[str] = set()
    parsed = tokens(page)
    for token, inline in pairwise(parsed):
        if token.type == "heading_open":
            text = "".join(child.content for child in inline.children or ())
            found.add(NO_SLUG.sub("", text.lower()).replace(" ", "-"))
    return found
