"""Runs that count and runs that do not: what fails is named, and takes nothing else with it."""

import numpy as np

from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runs import Runs


def result(group: str, seed: int, *, failed: bool = False) -> GroupResult:
    """A run of the tasks named by single letters; one alone is a reference."""
    return GroupResult(
        group=tuple(group),
        seed=seed,
        reference=len(group) == 1,
        grid=np.ones(1),
        chosen=0,
        members={},
        steps=1,
        cost=Cost(jobs=1),
        failed=f"the loss of task {group[0]} became nan ({group}, seed {seed})" if failed else None,
    )


RUNS = Runs.of(
    [
        *(result("a", seed, failed=seed == 1) for seed in range(3)),
        *(result("b", seed) for seed in range(3)),
        *(result("c", seed, failed=seed > 0) for seed in range(3)),
        *(result("ab", seed, failed=seed == 0) for seed in range(2)),
        *(result("ac", seed, failed=True) for seed in range(2)),
        *(result("bc", seed) for seed in range(2)),
        *(result("bd", seed, failed=True) for seed in range(2)),
    ]
)


def test_seeds_that_went_well_count() -> None:
    assert {name: [run.seed for run in of] for name, of in RUNS.references.items()} == {"a": [0, 2], "b": [0, 1, 2]}
    assert {group: [run.seed for run in of] for group, of in RUNS.groups.items()} == {
        ("a", "b"): [1],
        ("b", "c"): [0, 1],
    }


def test_what_cannot_be_measured_is_named_with_its_reason() -> None:
    assert RUNS.failures == {
        ("c",): "the loss of task c became nan (c, seed 1)",
        ("a", "c"): "the loss of task a became nan (ac, seed 0)",
        ("b", "d"): "the loss of task b became nan (bd, seed 0)",
    }


def test_one_line_each_and_none_for_groups_of_a_task_that_is_left_out() -> None:
    assert RUNS.remarks == [
        "task a: 1 of 3 runs alone failed and do not count: the loss of task a became nan (a, seed 1)",
        "group a+b: 1 of 2 runs failed and do not count: the loss of task a became nan (ab, seed 0)",
        "group b+d is left out: 2 of 2 runs failed: the loss of task b became nan (bd, seed 0)",
        "task c is left out: 2 of 3 runs alone failed: the loss of task c became nan (c, seed 1)",
    ]
    assert Runs.of([result("a", 0), result("ab", 0)]).remarks == []


def test_every_run_costs_whether_it_counts_or_not() -> None:
    assert RUNS.cost.jobs == 9 + 8
    some = RUNS.among(["a", "b"])
    assert set(some.groups) == {("a", "b")}
    assert set(some.references) == {"a", "b"}
    assert some.cost == RUNS.cost
    assert some.failures == RUNS.failures
    more = Runs.of([result("abd", 0), result("abd", 1, failed=True)])
    assert (some | more).cost.jobs == RUNS.cost.jobs + 2
    assert set((some | more).groups) == {("a", "b"), ("a", "b", "d")}


def test_a_single_reference_that_did_not_fail_stands() -> None:
    assert list(Runs.of([result("a", 0)]).references) == ["a"]
