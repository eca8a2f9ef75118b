"""A search keeps to rules about groups, and counts some tasks more than others."""

from itertools import chain, combinations

import numpy as np
import pytest

from affinity.predictor import Measured
from grouping.constraints import Constraints
from grouping.oracles.weighted import Weighted, weighted
from grouping.partition import Group
from grouping.sequential import search_sequentially
from grouping.solvers.selection import Mode
from tasks.errors import InputError
from tests.grouping.worlds import Answers, Truth, every_group, names, noise

TASKS = names(5)
MODES: tuple[Mode, ...] = ("partition", "cover")
EVERYTHING = 40
"""More models than there are groups."""
RULES = {
    "together": Constraints.of(together=[("a", "d")]),
    "chain": Constraints.of(together=[("a", "d", "e")], apart=[("b", "c")]),
    "apart": Constraints.of(apart=[("a", "b", "c")]),
    "alone": Constraints.of(alone=["b"]),
    "small": Constraints.of(max_tasks=2),
    "all": Constraints.of(together=[("a", "c")], apart=[("a", "e")], alone=["d"], max_tasks=3),
}


def meets(group: Group, rules: Constraints) -> bool:
    """By hand, for one group."""
    return all(bool(rule.allows(np.isin(TASKS, group)[None], TASKS)[0]) for rule in rules.rules)


def brute_force(truth: Truth, rules: Constraints, *, adapters: int, mode: Mode) -> float:
    """The best value of any allowed grouping, from sets."""
    groups = [group for group in chain([(t,) for t in TASKS], every_group(TASKS)) if meets(group, rules)]
    gains = {g: dict(zip(g, [0.0] if len(g) == 1 else truth(g).tolist(), strict=True)) for g in groups}
    best = -np.inf
    for number in range(1, adapters + 1):
        for chosen in combinations(groups, number):
            if {t for g in chosen for t in g} != set(TASKS) or (mode == "partition" and sum(map(len, chosen)) > 5):
                continue
            best = max(best, sum(max(gains[g][t] for g in chosen if t in g) for t in TASKS))
    return best


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("adapters", [3, 4])
def test_the_best_allowed_grouping_is_found_and_no_other_group_is_asked_for(
    name: str, adapters: int, mode: Mode
) -> None:
    rules, truth = RULES[name], noise(3)
    oracle = Answers(truth)
    found = search_sequentially(
        oracle, TASKS, adapters=adapters, mode=mode, models=EVERYTHING, seed=0, constraints=rules
    )  # fmt: skip
    assert all(meets(group, rules) for group in [*oracle.asked, *found.cover.groups])
    assert found.value == pytest.approx(brute_force(truth, rules, adapters=adapters, mode=mode))


@pytest.mark.parametrize("mode", MODES)
def test_of_a_pool_of_many_tasks_what_breaks_a_rule_is_not_asked_for(mode: Mode) -> None:
    """Two tasks that must share may not end alone, however well the others do."""
    tasks = names(13)
    pool = [tasks[:7], tasks[7:], ("a", "b"), ("a", "c"), tuple(tasks[2:8])]
    oracle = Answers(lambda group: np.full(len(group), -0.1))
    rules = Constraints.of(together=[("a", "b")], apart=[("a", "g")])
    found = search_sequentially(
        oracle, tasks, adapters=13, mode=mode, models=9, seed=0, pool=pool, constraints=rules
    )  # fmt: skip
    assert set(oracle.asked) <= {tasks[7:], ("a", "b"), tuple(tasks[2:8])}
    assert ("a", "b") in found.cover.groups
    assert found.value == pytest.approx(-0.2)


def test_earlier_groups_that_break_a_rule_are_not_chosen() -> None:
    good = Measured(("a", "b"), np.ones(2), np.zeros(2))
    with pytest.raises(InputError, match="at most 4 adapters can be made of the 0 groups"):
        search_sequentially(
            Answers(noise(0)), TASKS, adapters=4, mode="partition", models=0, seed=0, measured=[good],
            constraints=Constraints.of(apart=[("a", "b")]),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "settings", "expected"),
    [
        (Constraints.of(together=[("a", "b")], apart=[("a", "b")]), {}, r"together: \[a, b\]` and `apart: \[a, b\]"),
        (Constraints.of(max_tasks=2), {"adapters": 2}, "`max_adapters: 2` and `max_tasks: 2`"),
        (Constraints.of(alone=["z"]), {}, "no task `z`"),
        (Constraints.of(max_tasks=4), {"tasks": names(13), "adapters": 13}, "13 tasks, more than 12; list the groups"),
        (Constraints.of(together=[("a", "b")]), {"pool": [("a", "c"), ("b", "c")], "adapters": 5}, "of the 0 groups"),
    ],
)
def test_rules_that_cannot_be_met(rules: Constraints, settings: dict[str, object], expected: str) -> None:
    oracle = Answers(noise(0))
    given: dict[str, object] = {"tasks": TASKS, "adapters": 3, "mode": "cover", "models": 3, "seed": 0} | settings
    with pytest.raises(InputError, match=expected):
        search_sequentially(oracle, given.pop("tasks"), constraints=rules, **given)  # type: ignore[arg-type]
    assert oracle.asked == []


@pytest.mark.parametrize("mode", MODES)
def test_weights_decide_whose_gain_counts(mode: Mode) -> None:
    """The best weighted sum, from the weighted truth."""
    truth, weights = noise(5), {"a": 4.0, "c": 0.1}

    def heavier(group: Group) -> np.ndarray:
        return truth(group) * [weights.get(task, 1.0) for task in group]

    found = search_sequentially(
        Weighted(Answers(truth), weights), TASKS, adapters=3, mode=mode, models=EVERYTHING, seed=0
    )  # fmt: skip
    assert found.value == pytest.approx(brute_force(heavier, Constraints(), adapters=3, mode=mode))
    assert found.value != pytest.approx(brute_force(truth, Constraints(), adapters=3, mode=mode))


def test_a_weighted_answer_keeps_its_errors_in_proportion() -> None:
    answer = Measured(("a", "b"), np.array([0.1, 0.2]), np.array([0.01, 0.02]), np.array([0.0, 0.01]))
    found = weighted(answer, {"b": 3.0})
    np.testing.assert_allclose([found.mean, found.error, found.shared], [[0.1, 0.6], [0.01, 0.06], [0.0, 0.03]])
    assert Weighted(Answers(noise(0), refused=frozenset([("a", "b")])), {}).ask(("a", "b")) is None
