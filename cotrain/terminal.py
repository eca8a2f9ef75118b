"""What a stream can show: drawings that move and signs beyond ASCII, or plain lines alone."""

import os
from typing import TextIO

DUMB = ("dumb", "unknown")
"""Values of ``TERM`` of terminals that cannot move their cursor."""


def draws(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal that moves its cursor and writes UTF-8."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-")
    capable = os.environ.get("TERM", "").lower() not in DUMB and encoding.startswith("utf")
    return stream.isatty() and capable


def animates(stream: TextIO) -> bool:
    """Whether bars may be drawn on ``stream``: not with ``NO_COLOR``, as they are colours and little else."""
    return draws(stream) and not os.environ.get("NO_COLOR")
