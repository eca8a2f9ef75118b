"""What two runs differ in before they have results: settings, data, versions and machines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from affinity.both import Both
from cotrain.compared_run import ComparedRun
from cotrain.differences import differences
from reports.comparison import TESTS, Setting

AREAS = ("settings", "data", "versions", "machine")
"""In the order of the list."""
SHOWN = 8
"""Hexadecimal digits of a fingerprint that tell data apart."""


def differing(a: ComparedRun, b: ComparedRun, shared: Sequence[str]) -> tuple[Setting, ...]:
    """Everything that differs, by area, then by field. Tasks that one run alone has are no setting.

    Args:
        shared: Tasks of both.
    """
    found = [
        *_settings(a, b, shared),
        *_data(a, b, shared),
        *_listed("versions", _versions(a), _versions(b)),
        *_listed("machine", a.machine, b.machine),
    ]
    return tuple(sorted(found, key=lambda of: (AREAS.index(of.area), of.field)))


def unknown(a: ComparedRun, b: ComparedRun) -> tuple[str, ...]:
    """Areas that a folder says nothing of."""
    known = {
        "settings": a.settings and b.settings,
        "data": a.marks and b.marks,
        "versions": _versions(a) and _versions(b),
        "machine": a.machine and b.machine,
    }
    return tuple(area for area in AREAS if not known[area])


def _settings(a: ComparedRun, b: ComparedRun, shared: Sequence[str]) -> Iterator[Setting]:
    if not a.settings or not b.settings:
        return
    for field, before, after in differences(_plain(a, b, shared), _plain(b, a, shared)):
        yield Setting(area="settings", field=field, value=Both(before, after))


def _plain(of: ComparedRun, other: ComparedRun, shared: Sequence[str]) -> dict[str, Any]:
    """Its settings, without what fingerprints in both folders tell better: places of data, and the base model's."""

    def marked(name: str) -> bool:
        return name in of.marks and name in other.marks

    plain = {name: value for name, value in of.settings.items() if name != "base_model" or not marked(name)}
    tasks = plain.get("tasks")
    plain["tasks"] = {
        name: {field: value for field, value in spec.items() if field != "data" or not marked(f"tasks.{name}")}
        for name, spec in (tasks.items() if isinstance(tasks, Mapping) else ())
        if name in shared and isinstance(spec, Mapping)
    }
    return plain


def _data(a: ComparedRun, b: ComparedRun, shared: Sequence[str]) -> Iterator[Setting]:
    """Base model and data whose fingerprints differ."""
    names = Both(*(str(of.settings.get("base_model") or "base model") for of in (a, b)))
    if _moved(a.marks, b.marks, "base_model"):
        if names.a == names.b:  # other weights under the same name
            names = Both(*(f"{names.a} {_short(of.marks['base_model'])}" for of in (a, b)))
        yield Setting(area="settings", field="base_model", value=names)
    for task in shared:
        if _moved(a.marks, b.marks, f"tasks.{task}"):
            value = Both(*(f"{_short(of.marks[f'tasks.{task}'])}{_rows(of, task)}" for of in (a, b)))
            yield Setting(area="data", field=f"tasks.{task}", value=value)
        if _moved(a.tests, b.tests, task):
            yield Setting(
                area="data",
                field=f"tasks.{task}{TESTS}",
                value=Both(_short(a.tests[task]), _short(b.tests[task])),
            )


def _moved(a: Mapping[str, str], b: Mapping[str, str], name: str) -> bool:
    return name in a and name in b and a[name] != b[name]


def _short(mark: str) -> str:
    return str(mark)[:SHOWN]


def _rows(of: ComparedRun, task: str) -> str:
    """How many rows each split has, where the run's audit says so."""
    audit = of.evidence.audit if of.evidence is not None else None
    sizes = audit.get("sizes", ()) if audit else ()
    rows = next((row.get("rows") for row in sizes if isinstance(row, Mapping) and row.get("task") == task), None)
    if not isinstance(rows, Mapping):
        return ""
    return f" ({', '.join(f'{name} {count:,}' for name, count in rows.items())})"


def _versions(of: ComparedRun) -> Mapping[str, Any]:
    return of.evidence.versions if of.evidence is not None else {}


def _listed(area: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Setting]:
    if a and b:
        for field, before, after in differences(a, b):
            yield Setting(area=area, field=field, value=Both(before, after))
