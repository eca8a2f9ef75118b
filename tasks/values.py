"""Values of a column: what a CSV's strings stand for, which are missing, and of which sort the rest is."""

import math
import re
from collections.abc import Sequence

WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")
"""Whole numbers as programs write them, within 64 bits: `007` is a code, and stays text."""
NUMBER = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf", re.IGNORECASE)
"""What else counts as a number."""
TRUTH = {"true": True, "false": False}


def parse(column: Sequence[object]) -> list[object]:
    """A CSV's column with numbers or truth values, if all its values are such; None for an empty field.

    >>> parse(["1", "", "0"])
    [1, None, 0]
    >>> parse(["1", "x"])
    ['1', 'x']
    """
    texts = [value.strip() if isinstance(value, str) else "" for value in column]
    given = [text for text in texts if text]
    lowered = {text.lower() for text in set(given)}
    if lowered <= TRUTH.keys():
        return [TRUTH[text.lower()] if text else None for text in texts]
    if all(WHOLE.fullmatch(text) for text in given):
        return [int(text) if text else None for text in texts]
    if all(NUMBER.fullmatch(text) for text in given):
        return [float(text) if text else None for text in texts]
    return [text or None for text in texts]


def missing(value: object) -> bool:
    """Whether a value is null, NaN or blank."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    )


def first_missing(column: Sequence[object]) -> int | None:
    """Index of the first missing value, or None."""
    return next((row for row, value in enumerate(column) if missing(value)), None)


def in_words(value: object) -> str:
    """A value as a message shows it, cut to 40 characters.

    >>> in_words(True), in_words(3), in_words("abc"), in_words(None)
    ('true', 'the number 3', 'the text `abc`', 'nothing')
    """
    if missing(value):
        return "nothing"
    if isinstance(value, bool):
        return class_name(value)
    shown = str(value) if len(str(value)) <= 40 else f"{str(value)[:37]}..."
    if isinstance(value, int | float):
        return f"the number {shown}"
    if isinstance(value, str):
        return f"the text `{shown}`"
    return f"a {type(value).__name__} `{shown}`"


def class_name(value: object) -> str:
    """A class as text: `true` and `false` as in YAML, everything else as it prints."""
    return str(value).lower() if isinstance(value, bool) else str(value)
