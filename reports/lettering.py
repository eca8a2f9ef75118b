"""Texts that came from data, made safe to draw and to print."""

from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font

MISSING = "\N{WHITE SQUARE}"
"""Stands for a character that the figures' font lacks."""


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    """Code points that DejaVu Sans, which comes with Matplotlib, can draw."""
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
    return frozenset(font.get_charmap())


def printable(text: str) -> str:
    """``text`` on one line: control characters, which could steer a terminal, become spaces."""
    return "".join(character if character.isprintable() else " " for character in text)


def drawable(text: str, *, limit: int = 28) -> str:
    """``text`` on one line, without characters the figures' font lacks, at most ``limit`` characters long."""
    letters = "".join(c if ord(c) in _drawable() else MISSING for c in printable(text))
    return letters if len(letters) <= limit else letters[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"
