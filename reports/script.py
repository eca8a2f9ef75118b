"""The page's own script: what it adds can be done without, and nothing else may run."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

PARTS = ("theme.js", "sort.js", "cells.js")
"""In the order of the page: the theme first, before anything is drawn."""


def script() -> str:
    """All parts as one script; it holds no text from data."""
    folder = files("reports") / "templates"
    parts = [(folder / name).read_text(encoding="utf-8") for name in PARTS]
    return "\n".join(['"use strict";', *parts])


def policy(text: str) -> str:
    """A content security policy under which ``text`` is the only script, and nothing is fetched.

    Source: Content Security Policy Level 3, hash sources, https://www.w3.org/TR/CSP3/#grammardef-hash-source.
    """
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
