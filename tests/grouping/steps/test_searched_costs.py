"""A search keeps to a limit on what the groups of its answer cost together, and to what it may train within it."""

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.constraints import Constraints
from grouping.cost_limit import CostLimit
from grouping.partition import Group
from grouping.sequential import Found, search_sequentially
from grouping.solvers.selection import Mode
from tasks.errors import InputError
from tests.grouping.steps.test_searched_rules import meets
from tests.grouping.worlds import Answers, Truth, every_group, names, noise

TASKS = names(5)
SINGLES: list[Group] = [(task,) for task in TASKS]
EVERY = [*SINGLES, *every_group(TASKS)]
MODES: tuple[Mode, ...] = ("partition", "cover")
EVERYTHING = 40
"""More models than there are groups."""


def random_costs(seed: int) -> dict[Group, float]:
    generator = np.random.default_rng([seed, 11])
    return {group: float(generator.integers(1, 8)) for group in EVERY}


def groupings(limit: CostLimit, rules: Constraints, *, adapters: int, mode: Mode) -> list[tuple[Group, ...]]:
    """Every allowed grouping within the limit, from sets."""
    groups = [group for group in EVERY if meets(group, rules)]
    return [
        chosen
        for number in range(1, adapters + 1)
        for chosen in combinations(groups, number)
        if {t for g in chosen for t in g} == set(TASKS)
        and (mode == "cover" or sum(map(len, chosen)) == len(TASKS))
        and sum(limit.of(group) for group in chosen) <= limit.most
    ]


def best_of(found: list[tuple[Group, ...]], truth: Truth) -> float:
    gains: dict[Group, dict[str, float]] = {
        g: dict(zip(g, [0.0] if len(g) == 1 else truth(g).tolist(), strict=True)) for g in EVERY
    }
    return max(sum(max(gains[g][t] for g in chosen if t in g) for t in TASKS) for chosen in found)


def check(found: Found, limit: CostLimit) -> None:
    """Of the answer, of every choice on the way, and of what was proposed."""
    covers = [found.cover, *(of.choice for of in found.asked), *(of.step.proposal for of in found.asked)]
    for cover in covers:
        if cover is not None:
            assert sum(limit.of(group) for group in cover.groups) <= limit.most


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 99), adapters=st.integers(1, 4), most=st.integers(3, 16), mode=st.sampled_from(MODES),
    given_costs=st.booleans(), rules=st.sampled_from([Constraints(), Constraints.of(apart=["ab"], max_tasks=4)]),
)  # fmt: skip
def test_the_best_grouping_within_the_limit_is_found(
    seed: int, adapters: int, most: int, mode: Mode, given_costs: bool, rules: Constraints
) -> None:
    truth = noise(seed)
    limit = CostLimit(float(most), random_costs(seed) if given_costs else None)
    possible = groupings(limit, rules, adapters=adapters, mode=mode)
    oracle = Answers(truth)

    def search() -> Found:
        return search_sequentially(
            oracle, TASKS, adapters=adapters, mode=mode, models=EVERYTHING, seed=0, constraints=rules, limit=limit
        )  # fmt: skip

    if not possible:
        with pytest.raises(InputError, match=r"no \w+ can meet"):
            search()
        assert oracle.asked == []
        return
    found = search()
    check(found, limit)
    assert found.value == pytest.approx(best_of(possible, truth))
    held = {group for chosen in possible for group in chosen}
    assert set(oracle.asked) <= held, "a group was asked for that is in no grouping within the limit"


def test_helpers_are_what_default_costs_limit() -> None:
    """Five tasks and two helpers, one, and none."""
    truth = noise(3)
    values = []
    for most in (7.0, 6.0, 5.0):
        found = search_sequentially(
            Answers(truth), TASKS, adapters=3, mode="cover", models=EVERYTHING, seed=0, limit=CostLimit(most)
        )  # fmt: skip
        assert found.cover.helpers <= most - 5
        values.append(found.value)
    free = search_sequentially(Answers(truth), TASKS, adapters=3, mode="cover", models=EVERYTHING, seed=0)
    assert free.value >= values[0] >= values[1] > values[2]
    disjoint = search_sequentially(Answers(truth), TASKS, adapters=3, mode="partition", models=EVERYTHING, seed=0)
    assert values[2] == pytest.approx(disjoint.value)


@pytest.mark.parametrize("mode", MODES)
def test_a_limit_that_does_not_bind_changes_no_answer(mode: Mode) -> None:
    settings_ = {"adapters": 3, "mode": mode, "models": EVERYTHING, "seed": 0}
    free = search_sequentially(Answers(noise(4)), TASKS, **settings_)  # type: ignore[arg-type]
    wide = search_sequentially(Answers(noise(4)), TASKS, limit=CostLimit(99.0), **settings_)  # type: ignore[arg-type]
    assert wide.cover == free.cover
    assert wide.value == pytest.approx(free.value)


@pytest.mark.parametrize("mode", MODES)
def test_the_order_of_tasks_does_not_matter(mode: Mode) -> None:
    limit = CostLimit(10.0, random_costs(1))
    one, other = Answers(noise(1)), Answers(noise(1))
    found = search_sequentially(one, TASKS, adapters=3, mode=mode, models=8, seed=2, limit=limit)
    turned = search_sequentially(other, TASKS[::-1], adapters=3, mode=mode, models=8, seed=2, limit=limit)
    assert other.asked == one.asked
    assert turned.cover == found.cover


@pytest.mark.parametrize("mode", MODES)
def test_of_a_pool_of_many_tasks_the_answer_is_within_the_limit(mode: Mode) -> None:
    tasks = names(14)
    generator = np.random.default_rng(0)
    pool = [tuple(t for t, held in zip(tasks, of, strict=True) if held) for of in generator.random((40, 14)) < 0.3]
    pool = [group for group in pool if len(group) > 1]
    costs = {group: float(generator.integers(1, 6)) for group in [*((t,) for t in tasks), *pool]}
    limit = CostLimit(22.0, costs)
    oracle = Answers(lambda group: noise(1)(group) + 1.0)
    found = search_sequentially(oracle, tasks, adapters=8, mode=mode, models=12, seed=0, pool=pool, limit=limit)
    check(found, limit)
    assert found.value > 0


@pytest.mark.parametrize(
    ("rules", "limit", "more", "expected"),
    [
        (Constraints(), CostLimit(4.0), {},
         "no partition can meet `max_cost: 4`: the cheapest of the groups that may be trained costs 5; raise it"),
        (Constraints.of(apart=["cd"]), CostLimit(4.0), {"mode": "cover"}, "no cover can meet `max_cost: 4`: the"),
        (Constraints.of(alone=["a"], apart=["ce"], max_tasks=3), CostLimit(2.5, dict.fromkeys(EVERY, 1.0)),
         {"adapters": 4}, "meet `max_cost: 2.5` and `alone: [a]` and `max_tasks: 3`: the cheapest that meets the rest "
         "costs 3; drop or loosen one of them"),
        (Constraints.of(apart=["ce"]), CostLimit(4.5, {g: 0.9 if len(g) == 1 else 4.0 for g in EVERY}),
         {"adapters": 2}, "no grouping can meet `max_cost: 4.5` and `max_adapters: 2` and `apart: [c, e]`: "
         "the cheapest that meets the rest costs 4.9;"),
        (Constraints.of(together=["ab"]), CostLimit(5.0, {g: 1.0 if len(g) == 1 else 9.0 for g in EVERY}),
         {"adapters": 2}, "meet `max_cost: 5` and `together: [a, b]`: the cheapest that meets the rest costs 9;"),
        (Constraints.of(together=["ab"]), CostLimit(2.0, {g: float(len(g) == 2) for g in EVERY if g != ("a", "b")}),
         {}, "no cost of `a+b`; expected one of every group"),
        (Constraints(), CostLimit(2.0, {g: 1.0 for g in EVERY if g not in (("e",), ("d",))}), {},
         "no cost of `d`, nor of 1 others"),
        (Constraints(), CostLimit(20.0), {"tasks": names(13), "adapters": 13}, "13 tasks, more than 12; list"),
    ],
)  # fmt: skip
def test_limits_that_cannot_be_met(
    rules: Constraints, limit: CostLimit, more: dict[str, object], expected: str
) -> None:
    oracle = Answers(noise(0))
    given_: dict[str, object] = {"tasks": TASKS, "adapters": 5, "mode": "partition", "models": 3, "seed": 0} | more
    with pytest.raises(InputError) as caught:
        search_sequentially(oracle, given_.pop("tasks"), constraints=rules, limit=limit, **given_)  # type: ignore[arg-type]
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert oracle.asked == []


rule = st.sampled_from([
    Constraints.of(together=["ab"]), Constraints.of(apart=["ac"]), Constraints.of(apart=["de"]),
    Constraints.of(alone=["e"]), Constraints.of(max_tasks=2), Constraints.of(max_tasks=3),
])  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(rule, max_size=4), st.integers(1, 5), st.integers(1, 12), st.integers(0, 30), st.sampled_from(MODES))
def test_a_conflict_is_one_and_is_the_smallest(
    several: list[Constraints], adapters: int, most: int, seed: int, mode: Mode
) -> None:
    """What is named cannot be met together, and can without any one of it."""
    rules = Constraints(tuple(dict.fromkeys(chain.from_iterable(of.rules for of in several))))
    limit = CostLimit(float(most), random_costs(seed))
    try:
        search_sequentially(
            Answers(noise(0)), TASKS, adapters=adapters, mode=mode, models=0, seed=0, constraints=rules, limit=limit
        )  # fmt: skip
    except InputError as error:
        message = str(error)
    else:
        return
    if "can meet" not in message or "max_cost" not in message:
        return  # nothing is trained, or the rules contradict each other
    named = tuple(rule for rule in rules.rules if str(rule) in message)
    cap = adapters if "max_adapters" in message else len(TASKS)
    assert not groupings(limit, Constraints(named), adapters=cap, mode=mode)
    for out in named:
        assert groupings(limit, Constraints(tuple(r for r in named if r is not out)), adapters=cap, mode=mode)
    if "max_adapters" in message:
        assert groupings(limit, Constraints(named), adapters=len(TASKS), mode=mode)
    assert groupings(CostLimit(1e9, random_costs(seed)), Constraints(named), adapters=cap, mode=mode)


def test_what_was_trained_is_not_enough_within_the_limit() -> None:
    limit = CostLimit(6.0, {g: 2.0 if len(g) == 1 else 3.0 for g in EVERY})
    with pytest.raises(InputError, match="that were trained, within `max_cost: 6`; allow more models or adapters, or"):
        search_sequentially(
            Answers(noise(0), refused=frozenset([TASKS])), TASKS, adapters=5, mode="partition", models=1, seed=0,
            limit=limit,
        )  # fmt: skip


@pytest.mark.parametrize("most", [-1.0, np.nan, np.inf])
def test_a_limit_that_says_nothing(most: float) -> None:
    with pytest.raises(InputError, match=r"--max-cost: found .*; expected a finite number of 0 or more"):
        CostLimit(most)
    with pytest.raises(InputError, match=r"--costs: found .* for `a\+b`; expected a finite number"):
        CostLimit(1.0, {("a", "b"): most})
