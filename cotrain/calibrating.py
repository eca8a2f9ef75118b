"""Forecasts of a run against what it measured, together with those of earlier runs."""

from collections.abc import Mapping
from typing import Any

from affinity.calibration import Correction, Forecast, calibrate
from cotrain.earlier import Earlier, own_forecasts


def correction_of(earlier: Earlier) -> Correction | None:
    """What a clear bias of earlier runs' forecasts asks for; None without one.

    A run's own forecasts correct nothing: its posterior has learned from the same measurements already.
    """
    return calibrate(earlier.forecasts.search).correction


def calibration(
    evidence: Mapping[str, Any], found: Mapping[str, Any], earlier: Earlier, *, applied: Correction | None
) -> dict[str, Any]:
    """The object ``calibration`` of ``recommendation.json`` and ``evidence.json``.

    ``forecasts`` are those of groups before they were trained, of this run and earlier ones, uncorrected; ``corrected``
    are this run's as they were used, where earlier runs corrected them; ``choice`` is what was expected of the chosen
    groups against test.

    Args:
        evidence: The object of ``evidence.json`` with its measured groups.
        found: The object of ``recommendation.json``.
        applied: The correction that this run's forecasts had.
    """
    correction = None if applied is None else vars(applied)
    own = own_forecasts({**evidence, "calibration": {"applied": correction}}, found)
    used = own_forecasts(evidence, found)
    searched: list[Forecast] = [*own.search, *earlier.forecasts.search]
    return {
        "forecasts": calibrate(searched).to_dict(),
        "corrected": None if applied is None else calibrate(used.search).to_dict(),
        "choice": calibrate([*own.choice, *earlier.forecasts.choice]).to_dict(),
        "applied": correction,
        "earlier": list(earlier.runs),
        "left_out": dict(earlier.left_out),
    }
