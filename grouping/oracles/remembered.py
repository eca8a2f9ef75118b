"""Answers that outlive the process: a question that was answered before is not asked again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Measured
from trainers.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from grouping.oracle import GroupOracle
    from grouping.partition import Group


@dataclass(eq=False)
class Remembered:
    """An oracle whose answers, refusals among them, are kept in a ledger.

    Args:
        oracle: Is asked what is not in the ledger.
        path: The ledger's SQLite file.
        seed: Part of a question.
        refusals: Reasons of groups that cannot be trained: where the oracle writes them, and remembered ones are
            written too.
    """

    oracle: GroupOracle
    path: Path
    seed: int
    refusals: dict[Group, str] = field(default_factory=dict)
    kept: int = 0
    """Questions that the ledger answered."""

    def ask(self, group: Group, *, run: int = 0) -> Measured | None:
        """See :class:`grouping.oracle.GroupOracle`."""
        ledger = Ledger(self.path)
        key = json.dumps({"tasks": group, "seed": self.seed + run})
        found = ledger.get(key)
        if found is not None:
            self.kept += 1
            told = json.loads(found)
            if isinstance(told, str):
                self.refusals[group] = told
                return None
            return Measured(group=group, mean=np.array(told), error=np.zeros(len(told)))
        answer = self.oracle.ask(group, run=run)
        told = self.refusals.get(group, "") if answer is None else answer.mean.tolist()
        ledger.put(key, "+".join(group), json.dumps(told).encode())
        return answer
