"""Which tasks should share an adapter, given what is known of the gains.

A grouping is a :class:`Partition`: every task stands in exactly one group, and each group is trained as one adapter.

>>> from grouping import Partition
>>> partition = Partition.of([["clone", "search"], ["defect"]])
>>> str(partition), partition.adapters, partition.served_by["search"]
('{clone, search} {defect}', 2, 0)

What is best is an objective's to say: :class:`BestGain`, the highest mean gain with at most so many adapters, or
:class:`FewestAdapters`, as few adapters as possible such that no task loses more than its margin. What is allowed is
said by :class:`Constraints`.

>>> import numpy as np
>>> from grouping import BestGain, Constraints
>>> from grouping.solvers import SubsetDP
>>> tasks = ("clone", "defect", "search")
>>> gains = np.array([0.0, 0.0, 0.0, -0.1, 0.0, 0.3, 0.2, 0.1])  # of every group, by its bit mask
>>> allowed = Constraints.of(apart=[["clone", "search"]]).allowed(tasks)
>>> frontier = SubsetDP().solve(np.where(allowed, gains, -np.inf), tasks=tasks)
>>> best = BestGain(max_adapters=2).pick(frontier.values[:2])
>>> best, str(frontier.groupings[best - 1])
(2, '{clone} {defect, search}')

But gains are not known, only measured for some groups and predicted for others. :func:`search` is the loop that deals
with it. Each round it

1. draws all gains from the posterior and solves each draw exactly (:mod:`grouping.rounds.proposals`);
2. trains the groups that complete the proposals with the most expected improvement per unit of modelled cost, in one
   batch, through an :class:`Oracle` (:mod:`grouping.rounds.acquisition`);
3. refits the predictor on what came back (:mod:`grouping.rounds.knowledge`).

It chooses only among partitions whose every group was trained, by a lower bound of the mean gain, never by the highest
measured value (:mod:`grouping.rounds.acceptance`): of many noisy values the highest is mostly the luckiest. Singles and
all-together are candidates like any other. :class:`Outcome` holds the choice and the evidence for it;
:mod:`grouping.study` keeps proposals and trained partitions as Optuna studies.

An Optuna study of one's own uses :class:`grouping.sampler.PartitionSampler`, whose objective begins with
:func:`grouping.labels.suggest_partition`; :mod:`grouping.samplers` names samplers to compare it with.

Where the budget is a number of models, and groups may overlap (:class:`grouping.cover.Cover`),
:func:`grouping.sequential.search_sequentially` trains one group at a time and chooses exactly among what was trained;
it asks a :class:`grouping.oracle.GroupOracle`: a finished table or somebody's own command. Groups are rows of
membership there (:mod:`grouping.rows`), so that many tasks with a pool of groups are possible.

What others trained is chosen from in the same way: :func:`grouping.trained_choice.choose_trained` takes measured
groups, :class:`grouping.gain_table.GainTable` reads them from a file.

Afterwards the choice is trained again with fresh seeds and held against its baselines on test:
:mod:`grouping.statistics` has the intervals, :mod:`grouping.verdict` the words. What the answer is worth beside that:
:mod:`grouping.break_even` says when asking pays, :mod:`grouping.stability` whether other seeds find the same or as
good, :mod:`grouping.apart` why two tasks do not share an adapter. Nothing here imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grouping.constraints import Constraints
    from grouping.labels import suggest_partition
    from grouping.loop import search
    from grouping.objective import BestGain, FewestAdapters, Grouping, Objective
    from grouping.oracle import Oracle
    from grouping.partition import Partition
    from grouping.read import read_grouping
    from grouping.rounds.outcome import Outcome
    from grouping.rounds.planning import Budget
    from grouping.sampler import PartitionSampler
    from grouping.study import Studies, open_studies
    from grouping.verdict import Verdict, judge

__all__ = [
    "BestGain",
    "Budget",
    "Constraints",
    "FewestAdapters",
    "Grouping",
    "Objective",
    "Oracle",
    "Outcome",
    "Partition",
    "PartitionSampler",
    "Studies",
    "Verdict",
    "judge",
    "open_studies",
    "read_grouping",
    "search",
    "suggest_partition",
]

_HOMES = {
    "grouping.constraints": ("Constraints",),
    "grouping.labels": ("suggest_partition",),
    "grouping.loop": ("search",),
    "grouping.objective": ("BestGain", "FewestAdapters", "Grouping", "Objective"),
    "grouping.oracle": ("Oracle",),
    "grouping.rounds.outcome": ("Outcome",),
    "grouping.partition": ("Partition",),
    "grouping.rounds.planning": ("Budget",),
    "grouping.read": ("read_grouping",),
    "grouping.sampler": ("PartitionSampler",),
    "grouping.study": ("Studies", "open_studies"),
    "grouping.verdict": ("Verdict", "judge"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'grouping' has no attribute {name!r}")
