"""Tables in Markdown, for trackers that show text."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix


def table(values: Mapping[str, object]) -> str:
    """Names and values, one row each.

    >>> print(table({"verdict": "confirmed", "groups": "{a, b} {c}"}))
    | name | value |
    |---|---|
    | verdict | confirmed |
    | groups | {a, b} {c} |
    """
    return _rows([("name", "value"), *values.items()])


def matrix_table(matrix: "AffinityMatrix") -> str:
    """Affinities, sources by targets."""
    head = ["source, target", *matrix.tasks]
    return _rows([head, *([source, *(f"{matrix[source, of]:+.4g}" for of in matrix.tasks)] for source in matrix.tasks)])


def _rows(rows: Sequence[Sequence[object]]) -> str:
    head, *others = (f"| {' | '.join(map(_cell, row))} |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *others])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return " ".join(str(value).replace("|", "\\|").split())
