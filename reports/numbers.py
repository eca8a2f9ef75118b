"""Numbers as people read them: sign, unit and precision chosen once for every table, sentence and figure."""

import math
from typing import Any

NONE = "\N{EN DASH}"
"""Printed where nothing was measured."""
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""
LEVEL = f"95{SPACE}%"
"""Level of every interval."""


def known(value: float | None) -> bool:
    """Whether ``value`` is a finite number."""
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 3) -> str:
    """``0.812``; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """``+0.031``, ``−0.012``, and ``0.000`` for what rounds to zero."""
    if value is None or not math.isfinite(value):
        return NONE
    text = number(value, digits)
    return text if text.startswith(MINUS) or float(text) == 0 else f"+{text}"


def points(value: float | None) -> str:
    """A change in points of a metric, with its sign: ``+2.0``."""
    return signed(value, 1)


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """``−0.5 to +4.5``."""
    return f"{signed(low, digits)} to {signed(high, digits)}" if known(low) and known(high) else NONE


def with_error(value: float | None, error: float | None, digits: int = 3) -> str:
    """``+0.031 ± 0.012``; the standard error is left out where it is unknown."""
    return (
        f"{signed(value, digits)} ± {number(error, digits)}"
        if known(value) and known(error) and error
        else signed(value, digits)
    )


def share(value: float | None) -> str:
    """A fraction as a percentage: ``35 %``."""
    if value is None or not math.isfinite(value):
        return NONE
    percent = 100 * value
    return f"{percent:.1f}{SPACE}%" if 0 < percent < 10 else f"{percent:,.0f}{SPACE}%"


def count(value: float | None) -> str:
    """``12,345``."""
    return f"{value:,.0f}" if value is not None and math.isfinite(value) else NONE


def duration(seconds: float | None) -> str:
    """``8 min 32 s``."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 59.5:
        return f"{seconds:.1f}{SPACE}s" if seconds < 9.95 else f"{seconds:.0f}{SPACE}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return (
        f"{hours} h {left:02d} min".replace(" ", SPACE) if hours else f"{minutes} min {rest:02d} s".replace(" ", SPACE)
    )


def scaled(value: float | None, unit: str = "") -> str:
    """With a decimal prefix: ``1.24 P`` and a unit, so ``scaled(1.24e15, "FLOP")`` is ``1.24 PFLOP``."""
    if value is None or not math.isfinite(value):
        return NONE
    power = 0 if value == 0 else min(max(math.floor(math.log10(abs(value)) / 3), 0), 6)
    head = value / 1000.0**power
    figures = f"{head:.0f}" if power == 0 or abs(head) >= 100 else f"{head:.1f}" if abs(head) >= 10 else f"{head:.2f}"
    prefix = "" if power == 0 else "kMGTPE"[power - 1]
    return f"{figures}{SPACE}{prefix}{unit}".rstrip()


def chance(value: float | None) -> str:
    """A p-value: ``0.032``, ``< 0.001``."""
    if value is None or not math.isfinite(value):
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def words(value: Any) -> str:
    """Anything else as text; lists joined by commas, nothing as a dash."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(words(item) for item in value) or NONE
    if isinstance(value, float):
        return f"{value:g}".replace("-", MINUS) if math.isfinite(value) else NONE
    return str(value)
