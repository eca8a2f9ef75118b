"""Base models and methods beside each other: what each reaches, and what it costs."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.numbers import scaled, with_error
from reports.table import Column, Table, plain


def contenders(candidates: Sequence[Mapping[str, Any]]) -> Table:
    """A row per candidate, best first.

    Args:
        candidates: Those of ``candidates.json``.
    """
    columns = (
        plain("base model", "base_model"),
        plain("method", "method"),
        plain("adapters", "adapters", numeric=True),
        Column("mean skill", lambda row: with_error(row["skill"], row["error"]).removeprefix("+"), numeric=True),
        plain("trained weights", "trainable", scaled, numeric=True),
        plain("stored", "stored_bytes", lambda value: scaled(value, "B"), numeric=True),
        plain("per token served", "flops_per_token", lambda value: scaled(value, "FLOP"), numeric=True),
    )
    return Table(
        "candidates",
        "Skill: 1 - loss / loss of the constant predictor, mean over tasks in the groups that each search chose, "
        "on the select half.",
        columns,
        tuple(sorted(candidates, key=lambda of: -of["skill"])),
    )
