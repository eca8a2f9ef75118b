"""A search keeps to rules about groups, and counts some tasks more than others."""

from itertools import chain, combinations

import numpy as np
import pytest

from affinity.predictor import Measured
from grouping.constraints import Constraints
from grouping.oracles.weighted import Weighted, weighted
from grouping.partition import Group
from grouping.rows import UNSERVED
from grouping.sequential import search_sequentially
from grouping.solvers.selection import Mode
from grouping.steps.trained_groups import TrainedGroups
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


def brute_force(truth: Truth, rules: Constraints, *, adapters: int, mode: Mode, floor: float = -np.inf) -> float:
    """The best value of any allowed grouping in which no task is served below the floor, from sets."""
    groups = [group for group in chain([(t,) for t in TASKS], every_group(TASKS)) if meets(group, rules)]
    gains = {g: dict(zip(g, [0.0] if len(g) == 1 else truth(g).tolist(), strict=True)) for g in groups}
    best = -np.inf
    for number in range(1, adapters + 1):
        for chosen in combinations(groups, number):
            if {t for g in chosen for t in g} != set(TASKS) or (mode == "partition" and sum(map(len, chosen)) > 5):
                continue
            served = [max(gains[g][t] for g in chosen if t in g) for t in TASKS]
            if min(served) >= floor:
                best = max(best, sum(served))
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
@pytest.mark.parametrize("floor", [0.0, -0.3])
@pytest.mark.parametrize("seed", [0, 3, 5])
def test_no_task_is_served_below_its_floor(seed: int, floor: float, mode: Mode) -> None:
    """A helper may lose as much as it likes: only the group that serves a task counts."""
    luck = noise(seed)

    def truth(group: Group) -> np.ndarray:
        return luck(group) - 0.2

    oracle, floors = Answers(truth), dict.fromkeys(TASKS, floor)
    best = brute_force(truth, Constraints(), adapters=3, mode=mode, floor=floor)
    if best == -np.inf:
        with pytest.raises(InputError, match="without a gain below its floor"):
            search_sequentially(oracle, TASKS, adapters=3, mode=mode, models=EVERYTHING, seed=0, floors=floors)
        return
    found = search_sequentially(oracle, TASKS, adapters=3, mode=mode, models=EVERYTHING, seed=0, floors=floors)
    assert found.value == pytest.approx(best)


def test_a_floor_changes_the_answer() -> None:
    """The case of those above in which the best grouping serves a task below its floor."""
    luck = noise(5)

    def served(floors: dict[str, float]) -> list[float]:
        found = search_sequentially(
            Answers(lambda group: luck(group) - 0.2), TASKS, adapters=3, mode="partition", models=EVERYTHING, seed=0,
            floors=floors,
        )  # fmt: skip
        groups = [group for group in found.cover.groups if len(group) > 1]
        return [float(gain) for group in groups for gain in luck(group) - 0.2]

    assert min(served({})) < 0 <= min(served(dict.fromkeys(TASKS, 0.0)))


def test_a_drawn_gain_below_its_floor_outweighs_all_others() -> None:
    trained = TrainedGroups(TASKS, adapters=2, mode="cover", measured=[], floors={"b": -0.1})
    draws = np.array([[[0.5, -0.2, UNSERVED, 0.3, 0.4]], [[0.5, -0.05, UNSERVED, -9.0, 0.4]]])
    found = trained.worth(draws)
    assert found[0, 0, 1] < -5 * draws.max()
    kept = np.ones(draws.shape, dtype=bool)
    kept[0, 0, 1] = False
    np.testing.assert_array_equal(found[kept], draws[kept])
    free = TrainedGroups(TASKS, adapters=2, mode="cover", measured=[])
    assert free.worth(draws) is draws


@pytest.mark.parametrize(
    ("floors", "expected"),
    [
        ({"a": 0.1}, "found 0.1 for `a`; expected a number of 0 or less"),
        ({"z": -1.0}, "found -1 for `z`"),
        ({"a": -np.inf}, "found -inf for `a`"),
        ({"a": np.nan}, "found nan for `a`"),
    ],
)
def test_floors_that_say_nothing(floors: dict[str, float], expected: str) -> None:
    with pytest.raises(InputError, match=expected) as caught:
        search_sequentially(Answers(noise(0)), TASKS, adapters=2, mode="cover", models=3, seed=0, floors=floors)
    assert caught.value.place == "--floor"


def test_without_a_grouping_above_all_floors_that_is_said() -> None:
    with pytest.raises(InputError, match="trained without a gain below its floor; allow more models or adapters"):
        search_sequentially(
            Answers(lambda group: np.full(len(group), -0.1)), TASKS, adapters=2, mode="partition", models=40, seed=0,
            floors=dict.fromkeys(TASKS, 0.0),
        )  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_floors_of_many_tasks(mode: Mode) -> None:
    """Climbed to, where groups are not listed."""
    tasks = names(14)

    def truth(group: Group) -> np.ndarray:
        return np.array([0.1 if t < "h" else -0.1 for t in group]) * (1 - len(group) / 20)

    found = search_sequentially(
        Answers(truth), tasks, adapters=8, mode=mode, models=12, seed=0, floors=dict.fromkeys(tasks, 0.0)
    )  # fmt: skip
    gains = {t: 0.0 if len(g) == 1 else float(truth(g)[g.index(t)])
             for g, served in zip(found.cover.groups, found.cover.served, strict=True) for t in served}  # fmt: skip
    assert min(gains.values()) >= 0
    assert found.value > 0.3


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
