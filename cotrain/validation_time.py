"""How long validation will take, by what runs have taken so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.encoding import EncodedTask
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.train_job import group_tokens
from trainers.trainer import Trainer

SAFETY = 1.1
"""Factor on the estimate: runs with other seeds end earlier or later."""
PARTS = 3
"""Choice, all together and a random grouping: no partition trains more tokens than all tasks together."""


@dataclass(frozen=True, kw_only=True)
class ValidationTime:
    """An upper estimate, whatever grouping is validated."""

    seconds: float
    """From its begin to its end, with all workers."""
    jobs: int
    """Training runs at most."""
    rate: float
    """Seconds of a worker per token that a group trains on, measured."""

    def to_dict(self) -> dict[str, float]:
        """For JSON."""
        return {"seconds": round(self.seconds, 1), "jobs": self.jobs, "seconds_per_token": self.rate}


def validation_time(
    trainer: Trainer,
    references: Mapping[str, Sequence[GroupResult]],
    groups: Mapping[tuple[str, ...], Sequence[GroupResult]],
    *,
    frozen: Cost,
    max_adapters: int | None = None,
    compared: bool = False,
) -> ValidationTime:
    """The estimate from finished runs.

    Every task's reference takes what its runs have taken on average, a group its tokens (``group_tokens``) times the
    passes and the measured seconds per token. Of work ``W`` on ``w`` workers whose longest run takes ``m``, the last
    ends after ``W / w + m (1 - 1 / w)`` at most, in whatever order they are started (Graham, 1969,
    https://doi.org/10.1137/0117039).

    Args:
        references: Finished references by task.
        groups: Finished runs of groups of two or more; may be empty.
        frozen: What computing the frozen layers of train, stop and select has cost; those of test are in proportion.
        max_adapters: Most groups of a partition, where there is a limit.
        compared: Whether a grouping of the user's is validated too.
    """
    tasks, budget, passes = trainer.tasks, trainer.budget, trainer.budget.passes

    def tokens(group: Sequence[str]) -> float:
        return passes * group_tokens(tasks, group, trainer.spec.training)

    alone = {name: float(np.mean([run.cost.seconds for run in runs])) for name, runs in references.items() if runs}
    trained = [(run.cost.seconds, tokens(group)) for group, runs in groups.items() for run in runs if len(group) > 1]
    if not trained:
        trained = [
            (run.cost.seconds, tokens([name]) * max(len(run.grid) / (passes * trainer.spec.training.grid), 1.0))
            for name, runs in references.items()
            for run in runs
        ]
    seconds, worked = (float(sum(part)) for part in zip(*trained, strict=True)) if trained else (0.0, 0.0)
    rate = seconds / worked if worked > 0 else 0.0
    together = rate * tokens(tuple(tasks))
    work = budget.validation_seeds * (sum(alone.values()) + (PARTS + compared) * together)
    longest, workers = max([together, *alone.values()]), trainer.executor.workers
    whole = work / workers + longest * (1 - 1 / workers)
    most = min(len(tasks) // 2, max_adapters or len(tasks))  # groups of two or more
    return ValidationTime(
        seconds=SAFETY * (whole + frozen.seconds * _share_of_test(tasks)),
        jobs=budget.validation_seeds * (len(tasks) + 1 + (2 + compared) * most),
        rate=rate,
    )


def _share_of_test(tasks: Mapping[str, EncodedTask]) -> float:
    """Tokens of the test splits over those of train, stop and select."""
    count = dict.fromkeys(("train", "stop", "select", "test"), 0)
    for task in tasks.values():
        for split in count:
            count[split] += sum(len(side.ids) for side in task.splits[split].sides)
    test = count.pop("test")
    return test / max(sum(count.values()), 1)
