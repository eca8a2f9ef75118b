"""Answers that outlive the process: a question that was answered before is not asked again."""

from __future__ import annotations

import json
from dataclasses import dataclass
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
    """

    oracle: GroupOracle
    path: Path
    seed: int
    kept: int = 0
    """Questions that the ledger answered."""

    def ask(self, group: Group) -> Measured | None:
        """See :class:`grouping.oracle.GroupOracle`."""
        ledger = Ledger(self.path)
        key = json.dumps({"tasks": group, "seed": self.seed})
        found = ledger.get(key)
        if found is not None:
            self.kept += 1
            gains = json.loads(found)
            return None if gains is None else Measured(group=group, mean=np.array(gains), error=np.zeros(len(gains)))
        answer = self.oracle.ask(group)
        ledger.put(key, "+".join(group), json.dumps(None if answer is None else answer.mean.tolist()).encode())
        return answer
