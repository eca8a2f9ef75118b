"""What ``--equal-sizes`` trains at most: which pairs lose is known later, how many are trained again is bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

from affinity.equal_sizes import MOST, answerable, target_passes
from cotrain.plan_tokens import PlannedTokens
from trainers.bench import BenchSpec
from trainers.budget import Budget
from trainers.train_job import own_passes


@dataclass(frozen=True)
class EqualSizesWork:
    """Runs of whole pairs and of cut ones, as if the costliest pairs lost.

    Args:
        pairs: Pairs that are trained again.
        jobs: Training runs.
        forward: Tokens that pass forward only.
        backward: Tokens that are trained on.
    """

    pairs: int
    jobs: int
    forward: float
    backward: float

    @classmethod
    def of(
        cls, spec: BenchSpec, work: Mapping[str, PlannedTokens], *, budget: Budget, pairs_trained: bool
    ) -> "EqualSizesWork":
        """The most that :func:`affinity.equal_sizes.compare_sizes` trains.

        Args:
            work: Tokens of every task in a budget of passes.
            pairs_trained: Whether the estimator has trained every pair before, with the budget's seeds.
        """
        tasks, training = spec.tasks, spec.training
        seeds = max(budget.seeds, budget.reference_seeds)
        whole_seeds = seeds - budget.seeds if pairs_trained else seeds
        found = []
        for source, target in permutations(sorted(tasks), 2):
            if not answerable(tasks, training, source, target):
                continue
            pair = source, target
            read = sum(work[name].read["select"] for name in pair)
            stop = sum(work[name].stop for name in pair)
            made = own_passes(tasks, pair, training)
            left = len(tasks[target].splits["train"]) / len(tasks[source].splits["train"])
            longer = target_passes(tasks, training, source, target, passes=budget.passes) / budget.passes
            backward = whole_seeds * sum(work[name].train * made[name] for name in pair)
            backward += seeds * longer * (work[target].train + left * work[source].train)
            forward = whole_seeds * (stop + read) + seeds * (longer * stop + read)
            found.append((backward, forward))
        most = sorted(found, reverse=True)[:MOST]
        return cls(
            pairs=len(most),
            jobs=len(most) * (whole_seeds + seeds),
            forward=sum(forward for _, forward in most),
            backward=sum(backward for backward, _ in most),
        )
