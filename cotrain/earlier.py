"""Forecasts of this run and of earlier ones: what was predicted of a gain, and what was measured."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affinity.calibration import Correction, Forecast
from cotrain.json_text import to_json
from cotrain.run_folder import RunFolder, read_object
from reports.inputs import Run, chosen_folder, parse, read_run
from reports.records import Evidence, GroupGains, Recommendation
from tasks.errors import InputError

FLAG = "--earlier"
NOTE = "earlier.json"
"""Where a run folder keeps what it took from earlier runs: a resumed run takes the same."""
OWN = "this run"
"""What forecasts of the run itself are said to be of."""


@dataclass(frozen=True)
class Forecasts:
    """What runs had predicted.

    Args:
        search: Of groups before they were trained, against the select half; as the predictor alone had it.
        choice: Of the members of chosen groups after they were trained, against test: what selection flatters.
    """

    search: tuple[Forecast, ...] = ()
    choice: tuple[Forecast, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """Earlier runs.

    Args:
        forecasts: Of those that count.
        runs: Their folders.
        left_out: The other folders, each with the reason.
    """

    forecasts: Forecasts = field(default_factory=Forecasts)
    runs: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def read_earlier(
    folders: Sequence[Path], folder: RunFolder, *, identity: str, method: Mapping[str, Any], estimator: str
) -> Earlier:
    """The forecasts of earlier runs of the same base model, method and estimator; others are left out and named.

    Args:
        folder: The run's own.
        identity: Content hash of the base model.
        method: Settings of the method.
        estimator: Name of the estimator: each has forecasts of its own.

    Raises:
        InputError: If a folder holds no finished run, stands twice or is the run's own, or if the run was begun with
            other earlier runs.
    """
    searched: list[Forecast] = []
    chosen: list[Forecast] = []
    counted, left_out = [], {}
    places = [path.resolve() for path in folders]
    for path, place in zip(folders, places, strict=True):
        if place == folder.path.resolve():
            raise InputError(f"{path} is this run's own folder; name other runs", place=FLAG)
        if places.count(place) > 1:
            raise InputError(f"{path} stands twice; name each run once", place=FLAG)
        run = read_run(path)
        reason = _unlike(run, path, identity=identity, method=method, estimator=estimator)
        if reason:
            left_out[str(path)] = reason
            continue
        found = forecasts(run.evidence, run.recommendation, name=str(path))
        searched += found.search
        chosen += found.choice
        counted.append(str(path))
    earlier = Earlier(Forecasts(tuple(searched), tuple(chosen)), tuple(counted), left_out)
    _settle(folder, earlier)
    return earlier


def forecasts(evidence: Evidence, recommendation: Recommendation, *, name: str) -> Forecasts:
    """Every gain of a run that was both predicted and measured; corrections of its forecasts are taken back."""
    applied = evidence.calibration.applied if evidence.calibration is not None else None
    undo = Correction() if applied is None else Correction(**applied)
    searched = [entry for entry in evidence.measured if entry.phase == "search"]
    tested = [e for e in evidence.measured if e.phase == "validation" and e.group in recommendation.tested]
    expected = {task: (of.predicted, of.predicted_error) for task, of in recommendation.tasks.items()}
    return Forecasts(
        tuple(point for entry in searched for point in _points(entry, _said(entry), name, undo)),
        tuple(point for entry in tested for point in _points(entry, expected, name, Correction())),
    )


def own_forecasts(evidence: Mapping[str, Any], found: Mapping[str, Any]) -> Forecasts:
    """The same of the run itself, from the objects that it is about to write."""
    return forecasts(
        parse(Evidence, dict(evidence), place="evidence.json"),
        parse(Recommendation, dict(found), place="recommendation.json"),
        name=OWN,
    )


def _said(entry: GroupGains) -> dict[str, tuple[float | None, float | None]]:
    errors = entry.predicted_error or {}
    return {task: (value, errors.get(task)) for task, value in (entry.predicted or {}).items()}


def _points(
    entry: GroupGains, expected: Mapping[str, tuple[float | None, float | None]], name: str, undo: Correction
) -> list[Forecast]:
    found = []
    for task in entry.group:
        predicted, error = expected.get(task, (None, None))
        gain, gain_error = entry.gain.get(task), entry.gain_error.get(task)
        if predicted is None or not error or gain is None or not gain_error:
            continue  # without an error nothing was predicted or measured: a task that is not learnable
        found.append(
            Forecast(
                run=name,
                group=tuple(entry.group),
                task=task,
                predicted=undo.undo(predicted),
                predicted_error=error / undo.slope,
                measured=gain,
                measured_error=gain_error,
            )
        )
    return found


def _unlike(run: Run, path: Path, *, identity: str, method: Mapping[str, Any], estimator: str) -> str:
    """Why a run's forecasts say nothing of this one's; empty if they do."""
    if run.recommendation.smoke:
        return "a smoke run"
    marks = chosen_folder(path) / "fingerprints.json"
    base = read_object(marks).get("base_model") if marks.is_file() else None
    if base != identity:
        return f"another base model ({run.evidence.base_model or 'unknown'})"
    theirs = json.loads(json.dumps(dict(run.evidence.method)))
    if theirs != json.loads(json.dumps(dict(method))):
        changed = sorted(name for name in {*theirs, *method} if theirs.get(name) != method.get(name))
        return f"another method (differs in {', '.join(changed)})"
    if run.evidence.estimator != estimator:
        return f"another estimator ({run.evidence.estimator or 'unknown'})"
    return ""


def _settle(folder: RunFolder, earlier: Earlier) -> None:
    """Notes what was taken, or refuses what differs from when the run was begun: it decides what is trained."""
    content = json.loads(to_json({"schema": 1, "search": [vars(of) for of in earlier.forecasts.search]}))
    path = folder.path / NOTE
    before = read_object(path) if path.exists() else None
    if before is None and (not earlier.runs or not (folder.path / "recommendation.json").exists()):
        if earlier.runs:
            folder.write_json(NOTE, content)
        return
    if before is None or before != content:
        raise InputError(
            "this run was begun with other earlier runs, and they decide what is trained; "
            "name another folder with --out, or the same earlier runs",
            place=FLAG,
        )
