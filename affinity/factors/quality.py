"""Dataset quality: shares of rows that the audit found wrong, one by one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.audit import Audit

CLOSE = ("exact", "near")
"""Relations of a leak in which the whole input comes back; a row has at most one of them with one source."""


@dataclass(frozen=True)
class Quality:
    """What is wrong with a task's data; every share is within 0 and 1, and 0 means none.

    Every row was looked at, so these are counts and carry no error. There is no common score: how much a conflict
    weighs against a cut text is not known.

    Args:
        task: The task.
        conflicting: Rows of all splits that share their input with a row of another label.
        seen: Test rows that are equal or near to a row of the task's own train split.
        seen_elsewhere: Test rows that are equal or near to train rows of one other task; of all others the worst.
        majority: Train rows of the commonest class, for several labels per row those with the commonest label: how far
            an answer gets that does not look. None for kinds without classes.
        truncated: Train texts that are cut at the maximal length; None if nothing was encoded.

    Source: Akli et al., 2026, https://arxiv.org/abs/2603.09978, name dataset quality as a factor. What is counted is
    ours: see :mod:`tasks.audit`.
    """

    task: str
    conflicting: float
    seen: float
    seen_elsewhere: float
    majority: float | None
    truncated: float | None


def quality(audit: "Audit") -> tuple[Quality, ...]:
    """The shares of every task of an audit, in its order."""
    conflicting = {row.task: _share(row.contradicting, row.rows) for row in audit.conflicts}
    balance = {row.task: row for row in audit.balance}
    found = []
    for size in audit.sizes:
        of = balance[size.task]
        cut = [row for row in audit.truncation if (row.task, row.split) == (size.task, "train")]
        seen = _seen(audit, size.task)
        found.append(
            Quality(
                task=size.task,
                conflicting=conflicting[size.task],
                seen=seen.get(size.task, 0.0),
                seen_elsewhere=max((share for source, share in seen.items() if source != size.task), default=0.0),
                majority=_share(of.counts["train"][of.majority], size.rows["train"]) if of.majority else None,
                truncated=_share(sum(row.cut for row in cut), sum(row.texts for row in cut)) if cut else None,
            )
        )
    return tuple(found)


def _seen(audit: "Audit", task: str) -> dict[str, float]:
    """Share of the task's test rows that the train split of each source shows."""
    shares: dict[str, float] = {}
    for leak in audit.leaks:
        if (leak.task, leak.split, leak.source_split) == (task, "test", "train") and leak.relation in CLOSE:
            shares[leak.source] = shares.get(leak.source, 0.0) + leak.share
    return shares


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
