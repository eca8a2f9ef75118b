"""What training every single and every pair costs: the yardstick of cheaper ways to an affinity."""

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

from cotrain.probing import Probed
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.train_job import group_tokens
from trainers.trainer import Trainer
from trainers.turns import is_proportional


@dataclass(frozen=True)
class PairsCost:
    """Cost of all references and pairs.

    Args:
        cost: The cost.
        modelled: False where they were trained; True where pairs were not, and theirs is worked out.
    """

    cost: Cost
    modelled: bool


def pairs_cost(probed: Probed) -> PairsCost:
    r"""What references and pairs did cost, or would have.

    Work is additive over the members of a group, and every one of the ``T`` tasks is in ``T - 1`` pairs, so all pairs
    cost, in ``s`` seeds,

    .. math:: s (T - 1) \sum_t c_t,

    with :math:`\sum_t c_t` the mean cost of a run of all tasks together; where that diverged, :math:`c_t` is what the
    references of ``t`` cost per budget of passes. Where mixing or an aggregator divides a pass in another way, the
    factor :math:`T - 1` is the pairs' training tokens over those of all tasks together.
    """
    runs, trainer = probed.probes.runs, probed.trainer
    estimated = probed.estimate.runs
    if probed.pairs_trained and estimated is not None:
        return PairsCost(estimated.cost, modelled=False)
    references = [run for of in runs.references.values() for run in of]
    together = runs.groups.get(tuple(sorted(trainer.tasks)))
    passes, tasks, seeds = trainer.budget.passes, len(trainer.tasks), trainer.budget.seeds
    if together:
        all_members = _mean([run.cost for run in together])
    else:
        parts = [_mean([_per_budget(run, passes) for run in of]) for of in runs.references.values()]
        all_members = sum(parts, Cost())
    pairs = replace(_times(all_members, seeds * _more(trainer)), jobs=seeds * comb(tasks, 2))
    return PairsCost(sum((run.cost for run in references), pairs), modelled=True)


def _more(trainer: Trainer) -> float:
    """How many times as much all pairs train as all tasks together."""
    names, tasks, training = sorted(trainer.tasks), trainer.tasks, trainer.spec.training
    if is_proportional(training.mixing) and not training.jointly:
        return len(names) - 1
    pairs = sum(group_tokens(tasks, pair, training) for pair in combinations(names, 2))
    return pairs / group_tokens(tasks, names, training)


def _per_budget(run: GroupResult, passes: int) -> Cost:
    """A reference's cost in as many passes as a group makes."""
    return _times(run.cost, passes / float(run.grid[-1]))


def _mean(costs: list[Cost]) -> Cost:
    return _times(sum(costs, Cost()), 1 / len(costs))


def _times(cost: Cost, factor: float) -> Cost:
    """Work multiplied; tokens rounded."""
    return Cost(
        seconds=cost.seconds * factor,
        flops=cost.flops * factor,
        tokens_forward=round(cost.tokens_forward * factor),
        tokens_backward=round(cost.tokens_backward * factor),
        jobs=cost.jobs,
    )
