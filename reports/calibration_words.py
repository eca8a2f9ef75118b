"""Whether forecasts of gains can be believed, in words."""

from reports import numbers
from reports.lettering import printable
from reports.trust import Calibrated, Forecasted

CLEAR = f"97.5{numbers.SPACE}%"
"""Confidence of the intervals that decide whether a bias is clear."""


def calibration_sentences(of: Calibrated | None) -> str:
    """All that is known: the forecasts, what was corrected, and how the choice fared on test; may be empty."""
    if of is None:
        return ""
    parts = [_forecasts(of), _applied(of), _choice(of.choice), _left_out(of)]
    return " ".join(part for part in parts if part)


def calibration_remark(of: Calibrated | None) -> str:
    """What a terminal says: only a clear bias, a correction, or runs that were left out."""
    if of is None or not (of.applied or of.left_out or (of.forecasts and of.forecasts.bias == "clear")):
        return ""
    clear = _bias(of.forecasts, applied=bool(of.applied)) if of.forecasts and of.forecasts.bias == "clear" else ""
    return " ".join(part for part in (clear, _applied(of), _left_out(of)) if part)


def _forecasts(of: Calibrated) -> str:
    found = of.forecasts
    if found is None or not found.points:
        return "No group was predicted before it was measured, so forecasts cannot be judged."
    earlier = len(of.earlier)
    runs = "" if not earlier else f", of this run and {earlier} earlier one{'s' * (earlier != 1)}"
    held = ", ".join(
        f"{numbers.share(level.level)} intervals held {level.held} ({numbers.share(level.share)}, "
        f"{numbers.share(level.low)} to {numbers.share(level.high)})"
        for level in found.coverage
    )
    return (
        f"{found.points} gains in {found.groups} group{'s' * (found.groups != 1)} were predicted before they were "
        f"measured{runs}: {held}; the mean standardised error is {numbers.signed(found.mean_standardised, 2)}, their "
        f"spread {numbers.number(found.spread_standardised, 2)} (1 if stated errors are right). "
        f"{_bias(found, applied=bool(of.applied))}"
    )


def _bias(found: Forecasted | None, *, applied: bool) -> str:
    if found is None or found.level is None:
        return "Too few groups for a line through them, so nothing is corrected." if not applied else ""
    slope = ""
    if found.slope is not None:
        slope = f", the slope {numbers.number(found.slope.value, 2)} ({_ends(found.slope, 2)})"
    line = (
        f"Measured less predicted is {numbers.signed(found.level.value)} ({CLEAR} interval {_ends(found.level, 3)})"
        f"{slope}"
    )
    if found.bias != "clear":
        return f"{line}: no clear bias, so it corrects nothing."
    if applied:
        return f"{line}: a clear bias."
    if found.correction is None:
        return f"{line}: a clear bias, but of too few groups to correct it."
    return (
        f"{line}: a clear bias. What this run measured, its posterior has learned; a later run that is given this one "
        "as --earlier corrects its forecasts."
    )


def _applied(of: Calibrated) -> str:
    if not of.applied:
        return ""
    ways = []
    if of.applied["level"]:
        ways.append(f"shifted by {numbers.signed(of.applied['level'])}")
    if of.applied["slope"] != 1:
        centre, slope = numbers.signed(of.applied["centre"]), numbers.number(of.applied["slope"], 2)
        ways.append(f"drawn towards {centre} by a slope of {slope}")
    return f"Earlier runs showed it, so gains that were predicted of untrained groups were {' and '.join(ways)}."


def _choice(found: Forecasted | None) -> str:
    if found is None or found.mean_error is None:
        return ""
    clear = found.mean_error.high < 0 or found.mean_error.low > 0
    groups = f"{found.groups} chosen group{'s' * (found.groups != 1)}"
    return (
        f"Selection: on test the members of {groups} gained {numbers.signed(found.mean_error.value)} "
        f"({numbers.LEVEL} interval {_ends(found.mean_error, 3)}) against what was expected when "
        f"{'it was' if found.groups == 1 else 'they were'} chosen, {'a clear' if clear else 'no clear'} difference."
    )


def _left_out(of: Calibrated) -> str:
    if not of.left_out:
        return ""
    named = "; ".join(f"{printable(name)}: {printable(why)}" for name, why in of.left_out.items())
    return f"Earlier runs that do not count: {named}."


def _ends(of: object, digits: int) -> str:
    return numbers.interval(getattr(of, "low", None), getattr(of, "high", None), digits)
