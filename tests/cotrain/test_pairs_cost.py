"""The cost of pairs that were not trained, by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from affinity.estimators import Estimate
from affinity.matrix import AffinityMatrix
from cotrain.measuring import Probes
from cotrain.pairs_cost import pairs_cost
from cotrain.probing import Probed
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.settings import Training

NAMES = ("a", "b", "c")


def run(*group: str, tokens: int, passes: float = 2.0, reference: bool = False) -> GroupResult:
    """A run that cost so many tokens, and half as many seconds."""
    cost = Cost(tokens_backward=tokens, seconds=tokens / 2, jobs=1)
    return GroupResult(group, 0, reference, np.array([passes / 2, passes]), 0, {}, 1, cost)


def probed(groups: dict[tuple[str, ...], list[GroupResult]], estimated: Runs | None) -> Probed:
    references = {name: [run(name, tokens=40, passes=8.0, reference=True)] * 2 for name in NAMES}
    spec = SimpleNamespace(training=Training())
    trainer: Any = SimpleNamespace(tasks=dict.fromkeys(NAMES), budget=Budget(passes=2, seeds=2), spec=spec)
    matrix = AffinityMatrix(NAMES, np.zeros((3, 3)), np.zeros((3, 3)))
    probes = Probes(Runs(groups, references), {}, {}, {})
    return Probed(trainer, Estimate(matrix, estimated), probes, Cost())


def test_every_task_is_in_as_many_pairs_as_it_has_partners() -> None:
    together = [run(*NAMES, tokens=30), run(*NAMES, tokens=34)]
    found = pairs_cost(probed({NAMES: together}, None))
    assert found.modelled
    assert found.cost == Cost(tokens_backward=6 * 40 + 2 * 2 * 32, seconds=(6 * 40 + 2 * 2 * 32) / 2, jobs=6 + 2 * 3)


def test_without_all_together_the_references_tell() -> None:
    found = pairs_cost(probed({}, None))
    per_budget = 3 * 40 * 2 / 8  # tokens of all members in two of a reference's eight passes
    assert found.cost.tokens_backward == 6 * 40 + 2 * 2 * per_budget


def test_pairs_that_were_trained_cost_what_they_did() -> None:
    pairs = {pair: [run(*pair, tokens=7)] for pair in (("a", "b"), ("a", "c"), ("b", "c"))}
    estimated = Runs(pairs, {})
    found = pairs_cost(probed({**pairs, NAMES: [run(*NAMES, tokens=30)]}, estimated))
    assert not found.modelled
    assert found.cost == estimated.cost
