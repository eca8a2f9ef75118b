"""What the study's arrangements cost, where a task could not be trained."""

import numpy as np

from cotrain.study.arrangements import Arrangements
from cotrain.study.costs import costs
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.sizes import Sizes

SIZES = Sizes(base=1000, matrix=800, adapters={1: 10, 2: 10, 3: 12}, heads={"a": 1, "b": 2, "c": 3}, whole=False)


def run(*group: str, seed: int, flops: float) -> GroupResult:
    return GroupResult(
        group=group,
        seed=seed,
        reference=len(group) == 1,
        grid=np.empty(0),
        chosen=0,
        members={},
        steps=1,
        cost=Cost(flops=flops),
    )


def test_a_task_that_was_not_trained_alone_has_no_weights_alone() -> None:
    references = {name: [run(name, seed=seed, flops=100.0) for seed in (0, 1)] for name in ("a", "c")}
    groups = {("a", "b", "c"): [run("a", "b", "c", seed=seed, flops=70.0) for seed in (0, 1)]}
    found = Arrangements(Runs(groups, references), tuned={}, measured={}, tuning=Cost())
    alone, together = costs(found, SIZES, frozen=Cost())
    assert alone["group"] == ["a", "c"]
    assert (alone["adapters"], alone["trainable"]) == (2, 2 * 10 + 1 + 3)
    assert alone["trainable_per_task"] == 12
    assert alone["training"]["flops"] == 200
    assert (together["arrangement"], together["trainable"]) == ("all together", 12 + 6)
