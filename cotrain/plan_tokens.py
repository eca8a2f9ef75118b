"""Tokens of one task that a run would compute, counted before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasks.encoding import EncodedTask
from trainers.bench import BenchSpec
from trainers.evaluate import ROWS
from trainers.mixing import one_pass


@dataclass(frozen=True, kw_only=True)
class PlannedTokens:
    """Tokens of one task, padding included where it is computed."""

    train: float
    """Of one budget of passes over train."""
    stop: float
    """Of the stop half at every point of a budget's curve."""
    read: Mapping[str, int]
    """Of one evaluation of each split."""
    texts: Mapping[str, int]
    """Of each split, without padding."""

    @classmethod
    def of(cls, spec: BenchSpec, task: EncodedTask, *, passes: int) -> "PlannedTokens":
        steps = one_pass([task.name], {task.name: task}, batch_size=spec.training.batch_size, seed=0, number=0)
        rows = task.splits["train"]
        trained = 0
        for _, places in steps:
            for side in range(len(rows.sides)):
                own = rows.targets[places].astype(np.int64) if task.kind.pooled and side else places
                trained += int(rows.sides[side].lengths[own].max()) * len(own)
        read = {
            split: sum(_padded(np.sort(side.lengths)) for side in part.sides) for split, part in task.splits.items()
        }
        return cls(
            train=float(trained * passes),
            stop=float(read["stop"] * passes * spec.training.grid),
            read=read,
            texts={split: sum(len(side.ids) for side in part.sides) for split, part in task.splits.items()},
        )


def _padded(lengths: np.ndarray) -> int:
    """Positions of an evaluation in batches of sorted lengths."""
    return sum(int(part.max()) * len(part) for part in np.split(lengths, range(ROWS, len(lengths), ROWS)))
