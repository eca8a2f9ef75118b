"""The audit of a whole suite."""

from typing import TYPE_CHECKING

from tasks.audit.balance import balance, balance_findings
from tasks.audit.conflicts import conflict_findings, conflicts
from tasks.audit.duplicates import duplicate_findings, duplicates
from tasks.audit.finding import ordered
from tasks.audit.leaks import leak_findings, leaks
from tasks.audit.near import near_pairs
from tasks.audit.result import Audit
from tasks.audit.sizes import size_findings, sizes
from tasks.audit.texts import corpus
from tasks.audit.truncation import truncation, truncation_findings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasks.encoding import EncodedTask
    from tasks.task import Task


def audit(tasks: "Sequence[Task]", encoded: "Mapping[str, EncodedTask] | None" = None, *, near: float = 0.8) -> Audit:
    """Looks at the data sets of a suite before anything is trained.

    Test rows are read, no model's scores are. The order of ``tasks`` is the order of the tables' rows and changes
    nothing else; there is no randomness.

    Args:
        tasks: The suite.
        encoded: The tasks' tokens by name, for the truncation table, which is empty without, and for the constant
            answer's metric where that is one of tokens.
        near: Jaccard similarity of shingles from which two texts are near duplicates.

    Raises:
        ValueError: If ``near`` is not above 0 and at most 1.
    """
    texts = corpus(tasks)
    pairs = near_pairs(texts.shingles, threshold=near)
    close = pairs.relation()
    tables = (
        sizes(tasks),
        balance(tasks, encoded),
        duplicates(tasks, texts, close),
        leaks(tasks, texts, close),
        conflicts(tasks, texts, encoded),
        truncation(tasks, encoded),
    )
    found = (
        *size_findings(tables[0]),
        *balance_findings(tables[1]),
        *duplicate_findings(tables[2], pairs),
        *leak_findings(tables[3]),
        *conflict_findings(tables[4]),
        *truncation_findings(tables[5]),
    )
    return Audit(near, ordered(found), *tables)
