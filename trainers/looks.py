"""First parts of runs through the ledger: what is known of whole runs is not trained again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trainers.cost import Cost
from trainers.look_job import LookJob
from trainers.result import GroupResult
from trainers.train_job import TrainJob
from trainers.trainer import Trainer


@dataclass(frozen=True, eq=False)
class Looks:
    """First parts of one run of each group.

    Args:
        results: Results with ``points`` points of the curve or more; a failed run has none.
        whole: Groups whose whole run was known: looking at them cost nothing.
        size: Training tokens of one whole run of each group, over all passes.
    """

    results: Mapping[tuple[str, ...], GroupResult]
    whole: frozenset[tuple[str, ...]]
    size: Mapping[tuple[str, ...], float]

    def cost(self, groups: Sequence[tuple[str, ...]]) -> Cost:
        """What looking at some of them cost, where their whole runs do not hold it already."""
        return sum((self.results[group].cost for group in groups if group not in self.whole), Cost())


def look(
    trainer: Trainer,
    groups: Sequence[tuple[str, ...]],
    *,
    seed: int,
    points: int,
    phase: str,
    before: Callable[[Sequence[LookJob]], None] = lambda _jobs: None,
) -> Looks:
    """Trains every group with one seed up to a point of its curve, where the run is kept.

    Args:
        points: Points of the curve; fewer than the whole run has.
        before: Called with the jobs before they are done; may raise.

    Raises:
        OutOfBudget: If a limit came first.
    """
    spec = trainer.spec
    wanted = trainer.wanted(groups, seeds=[seed])
    jobs: dict[tuple[str, ...], TrainJob] = {job.group: job for job in wanted if isinstance(job, TrainJob)}
    known: dict[tuple[str, ...], GroupResult] = {}
    for group, job in jobs.items():
        data = trainer.ledger.get(job.key)
        if data is not None:
            try:
                known[group] = job.decode(data)
            except ValueError:
                continue  # it is damaged, and computed again
    missing = [LookJob(train=job, points=points, grid=spec.training.grid) for g, job in jobs.items() if g not in known]
    before(missing)
    found: list[GroupResult] = trainer.jobs(missing, phase=phase) if missing else []
    results = known | {result.group: result for result in found}
    return Looks(
        {group: results[group] for group in jobs}, frozenset(known), {group: job.size for group, job in jobs.items()}
    )
