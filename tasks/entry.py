"""What an entry of the suite must say, before any file is read."""

import math
import re

from tasks.errors import InputError, did_you_mean
from tasks.kinds import KINDS, Kind
from tasks.metrics import METRICS, Metric, metric_for
from tasks.spec import TaskSpec

SHORTEST = 8
"""Tokens per text: with fewer, special tokens are most of it."""


def check_entry(spec: TaskSpec, *, name: str, place: str) -> None:
    """Checks that need no data.

    Raises:
        InputError: If fields are missing, contradict one another, or are out of range.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise InputError("expected a name of letters, digits, `_`, `-` and `.`", place=place)
    if spec.kind is not None and spec.kind not in KINDS:
        known = f"{', '.join(KINDS)}{did_you_mean(spec.kind, KINDS)}"
        raise InputError(f"unknown kind `{spec.kind}`; expected one of {known}", place=f"{place}.kind")
    if is_retrieval(spec):
        _check_retrieval(spec, place)
    elif is_text(spec):
        _check_text(spec, place)
    else:
        _check_labelled(spec, place)
    if not (math.isfinite(spec.margin) and spec.margin >= 0):
        raise InputError(f"found {spec.margin:g}, expected points of 0 or more", place=f"{place}.margin")
    if not (math.isfinite(spec.weight) and spec.weight > 0):
        raise InputError(f"found {spec.weight:g}, expected a factor above 0", place=f"{place}.weight")
    if spec.max_length is not None and spec.max_length < SHORTEST:
        raise InputError(f"found {spec.max_length}, expected {SHORTEST} tokens or more", place=f"{place}.max_length")
    if not all(math.isfinite(share) and share > 0 for share in spec.fractions) or abs(sum(spec.fractions) - 1) > 1e-6:
        raise InputError("expected three shares above 0 that sum to 1", place=f"{place}.fractions")


def is_retrieval(spec: TaskSpec) -> bool:
    """Whether the entry describes a retrieval: a query and a document in place of a text and a label."""
    return spec.kind == "retrieval" or spec.query is not None or spec.document is not None


def is_text(spec: TaskSpec) -> bool:
    """Whether the entry describes a prompt and a completion in place of a text and a label."""
    return spec.kind == "text" or spec.prompt is not None or spec.completion is not None


def text_columns(spec: TaskSpec) -> dict[str, str]:
    """Columns of the texts, one per side, each with the field that names it; the second may be the answer."""
    if is_text(spec):
        return {column: field for field in ("prompt", "completion") if (column := getattr(spec, field)) is not None}
    if is_retrieval(spec):
        return {column: field for field in ("query", "document") if (column := getattr(spec, field)) is not None}
    return dict.fromkeys(spec.text if isinstance(spec.text, tuple) else (spec.text or "",), "text")


def find_metric(spec: TaskSpec, kind: Kind, *, place: str) -> Metric:
    """The metric that the entry names, or the kind's usual one.

    Raises:
        InputError: If it is unknown or does not fit the kind.
    """
    name = spec.metric or kind.default_metric
    fitting = [metric.name for metric in METRICS.values() if kind.name in metric.kinds]
    if name not in METRICS:
        raise InputError(
            f"unknown metric `{name}`; for a {kind.name} task: {', '.join(fitting)}{did_you_mean(name, METRICS)}",
            place=f"{place}.metric",
        )
    if name not in fitting:
        raise InputError(
            f"`{name}` does not fit a {kind.name} task; these do: {', '.join(fitting)}", place=f"{place}.metric"
        )
    return metric_for(name, kind.name)


def _check_retrieval(spec: TaskSpec, place: str) -> None:
    if spec.kind not in (None, "retrieval"):
        raise InputError(f"`query` and `document` mean retrieval, but the kind is {spec.kind}", place=f"{place}.kind")
    for field in ("query", "document"):
        if getattr(spec, field) is None:
            raise InputError("expected a column; a retrieval needs `query` and `document`", place=f"{place}.{field}")
    for field in ("text", "label", "classes", "positive", "prompt", "completion"):
        if getattr(spec, field) is not None:
            raise InputError("a retrieval has only `query` and `document`; drop the field", place=f"{place}.{field}")
    if spec.query == spec.document:
        raise InputError(f"column `{spec.query}` is the query too; expected two columns", place=f"{place}.document")


def _check_text(spec: TaskSpec, place: str) -> None:
    if spec.kind not in (None, "text"):
        raise InputError(f"`prompt` and `completion` mean text, but the kind is {spec.kind}", place=f"{place}.kind")
    for field in ("prompt", "completion"):
        if getattr(spec, field) is None:
            raise InputError(
                "expected a column; a task of kind text needs `prompt` and `completion`", place=f"{place}.{field}"
            )
    for field in ("text", "label", "classes", "positive"):
        if getattr(spec, field) is not None:
            message = "a task of kind text has only `prompt` and `completion`; drop the field"
            raise InputError(message, place=f"{place}.{field}")
    if spec.prompt == spec.completion:
        raise InputError(f"column `{spec.prompt}` is the prompt too; expected two columns", place=f"{place}.completion")


def _check_labelled(spec: TaskSpec, place: str) -> None:
    for field in ("text", "label"):
        if getattr(spec, field) is None:
            raise InputError(
                "expected a column; a task needs `text` and `label`, a retrieval `query` and `document`, one of kind "
                "text `prompt` and `completion`",
                place=f"{place}.{field}",
            )
    texts = spec.text if isinstance(spec.text, tuple) else (spec.text,)
    if spec.kind == "tokens":
        _check_spanned(spec, place)
    if isinstance(spec.text, tuple) and len(texts) != 2:
        raise InputError(f"{len(texts)} columns, expected one name, or two columns for a pair", place=f"{place}.text")
    if len(set(texts)) < len(texts):
        raise InputError(f"both sides are the column `{texts[0]}`; expected two", place=f"{place}.text")
    for label in spec.label if isinstance(spec.label, tuple) else (spec.label,):
        if label in texts:
            raise InputError(f"column `{label}` is the text too; expected another column", place=f"{place}.label")


def _check_spanned(spec: TaskSpec, place: str) -> None:
    """One text, and one column with its labels."""
    for field in ("text", "label"):
        if isinstance(getattr(spec, field), tuple):
            raise InputError("several columns, expected one for a task of kind tokens", place=f"{place}.{field}")
