"""What the audit leaves: one table per check, and the findings in order of weight."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.audit.balance import Balance
    from tasks.audit.conflicts import Conflicts
    from tasks.audit.duplicates import Duplicates
    from tasks.audit.finding import Finding
    from tasks.audit.leaks import Leak
    from tasks.audit.sizes import Sizes
    from tasks.audit.truncation import Truncation

CHECKS = ("sizes", "balance", "duplicates", "leaks", "conflicts", "truncation")
"""Names of the tables, in the order in which they are shown."""


@dataclass(frozen=True)
class Audit:
    """The audit of a suite.

    Args:
        near: Jaccard similarity of shingles from which two texts are near duplicates.
        findings: Worst first.
        truncation: Empty unless the tasks were encoded.
    """

    near: float
    findings: "tuple[Finding, ...]"
    sizes: "tuple[Sizes, ...]"
    balance: "tuple[Balance, ...]"
    duplicates: "tuple[Duplicates, ...]"
    leaks: "tuple[Leak, ...]"
    conflicts: "tuple[Conflicts, ...]"
    truncation: "tuple[Truncation, ...]"

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and numbers, for JSON; every number is finite or None."""
        return {"schema": 1, **_plain(asdict(self))}

    def tables(self) -> dict[str, list[dict[str, str | int | float | None]]]:
        """The tables of :data:`CHECKS` as flat rows: nested counts become columns such as ``rows.train``."""
        return {check: [_flat(_plain(asdict(row))) for row in getattr(self, check)] for check in CHECKS}


def _plain(value: Any) -> Any:
    """``value`` with tuples as lists and infinities as None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and abs(value) == float("inf") else value


def _flat(row: dict[str, Any]) -> dict[str, str | int | float | None]:
    """One row without nesting; examples read ``task: split[row]``."""
    flat: dict[str, str | int | float | None] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": cell for key, cell in _flat(value).items()}
        elif isinstance(value, list):
            flat[name] = " ".join(f"{item['task']}: {item['split']}[{item['row']}]" for item in value)
        else:
            flat[name] = value
    return flat
