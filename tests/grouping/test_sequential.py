"""The search that counts models: it keeps to what it may do, finds what is there, and says what it found."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations

import numpy as np
import pytest

from affinity.matrix import AffinityMatrix
from affinity.prior import MeanOfScores
from grouping.cover import Cover
from grouping.partition import Group
from grouping.rows import UNSERVED, Rows
from grouping.sequential import Asked, Found, search_sequentially
from grouping.solvers.selection import Mode, select
from grouping.steps import trained_groups
from tasks.errors import InputError
from tests.grouping.worlds import Answers, Array, Truth, every_group, names, noise, planted

TASKS = names(6)
HOME = dict(zip(TASKS, (0, 1, 0, 1, 1, 0), strict=True))
BLOCKS = planted(HOME, 0.1)
MODES: tuple[Mode, ...] = ("partition", "cover")
ROUNDING = 1e-9
"""Sums of a few gains in another order."""


def bridged(group: Group) -> Array:
    """The blocks, where `f` helps everybody and is hurt in the other home: best as a helper there."""

    def effect(source: str, target: str) -> float:
        return 0.2 if source == "f" else 0.1 if HOME[source] == HOME[target] else -0.1

    return np.array([np.mean([effect(s, t) for s in group if s != t]) for t in group])


def found_by(
    oracle: Answers,
    tasks: Sequence[str] = TASKS,
    *,
    adapters: int = 3,
    mode: Mode = "partition",
    models: int = 6,
    seed: int = 0,
    pool: Sequence[Group] | None = None,
) -> Found:
    return search_sequentially(
        oracle, tasks, adapters=adapters, mode=mode, models=models, seed=seed, pool=pool
    )  # fmt: skip


def value_of(cover: Cover, truth: Truth) -> float:
    """Recomputed from the truth."""
    gains = {group: truth(group) if len(group) > 1 else np.zeros(1) for group in cover.groups}
    serving = {task: cover.groups[index] for task, index in cover.served_by.items()}
    return float(sum(gains[group][group.index(task)] for task, group in serving.items()))


def best_of(groups: Sequence[Group], truth: Truth, *, adapters: int, mode: Mode) -> float:
    """The best value among these groups and singles."""
    rows = Rows.of(groups, TASKS)
    gains = np.zeros(rows.members.shape)
    for row in range(rows.shared):
        gains[row, rows.members[row]] = truth(rows.group(row))
    found = select(gains, rows, adapters=adapters, mode=mode)
    return -np.inf if found is None else found.value


def check(found: Found, oracle: Answers, *, adapters: int, mode: Mode, models: int) -> None:
    """What holds of every answer."""
    assert found.cover.tasks == tuple(sorted(found.gains.tasks))
    assert found.cover.adapters <= adapters
    if mode == "partition":
        assert found.cover.helpers == 0
    assert len(found.asked) == len(oracle.asked) <= models
    assert [asked.step.group for asked in found.asked] == oracle.asked
    assert len(set(oracle.asked)) == len(oracle.asked), "a group was asked for twice"
    assert all(len(group) > 1 for group in oracle.asked)
    assert set(found.measured) == set(oracle.asked) - oracle.refused
    assert all(len(group) == 1 or group in found.measured for group in found.cover.groups)
    assert found.value == pytest.approx(value_of(found.cover, oracle.truth), abs=ROUNDING)
    values = [asked.value for asked in found.asked]
    assert values == sorted(values), "what is chosen never gets worse"
    for asked in found.asked:
        if asked.choice is not None:
            assert asked.value == pytest.approx(value_of(asked.choice, oracle.truth), abs=ROUNDING)
            assert asked.choice.adapters <= adapters


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("adapters", [1, 2, 4])
@pytest.mark.parametrize("seed", range(2))
def test_in_pure_noise_the_answer_is_legal_and_the_best_of_what_was_trained(
    mode: Mode, adapters: int, seed: int
) -> None:
    oracle = Answers(noise(seed))
    found = found_by(oracle, adapters=adapters, mode=mode, models=5, seed=seed)
    check(found, oracle, adapters=adapters, mode=mode, models=5)
    assert oracle.asked[0] == TASKS, "all together is trained first"
    best = best_of(list(found.measured), oracle.truth, adapters=adapters, mode=mode)
    assert found.value == pytest.approx(best, abs=ROUNDING)


class Enough(Exception):
    """The optimum was found."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("adapters", [2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_planted_groups_are_found_with_few_models(mode: Mode, adapters: int, seed: int) -> None:
    finds(BLOCKS, 0.6, mode=mode, adapters=adapters, seed=seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_cover_is_found_with_few_models(seed: int) -> None:
    """Where one adapter more is worth little: who only looks at what is likely does not find it."""
    finds(bridged, 0.9, mode="cover", adapters=3, seed=seed)


def finds(truth: Truth, optimum: float, *, mode: Mode, adapters: int, seed: int) -> None:
    """Within 15 models."""
    assert optimum == pytest.approx(best_of(every_group(TASKS), truth, adapters=adapters, mode=mode))
    values: list[float] = []

    def told(asked: Asked) -> None:
        values.append(asked.value)
        if asked.value > optimum - ROUNDING:
            raise Enough

    with suppress(Enough):
        search_sequentially(
            Answers(truth), TASKS, adapters=adapters, mode=mode, models=15, seed=seed, told=told
        )  # fmt: skip
    assert values[-1] == pytest.approx(optimum, abs=ROUNDING)


def test_a_task_that_helps_everybody_is_a_helper_where_it_is_hurt() -> None:
    oracle = Answers(bridged)
    found = found_by(oracle, adapters=2, mode="cover", models=15)
    disjoint = best_of(every_group(TASKS), bridged, adapters=2, mode="partition")
    assert found.value == pytest.approx(best_of(every_group(TASKS), bridged, adapters=2, mode="cover"))
    assert found.value > disjoint + 0.05
    assert str(found.cover) == "{a, c, f} {b, d, e + f}"
    assert found.cover.helpers == 1


@pytest.mark.parametrize("mode", MODES)
def test_only_the_pool_is_asked_for(mode: Mode) -> None:
    pool = [("f", "a"), ("b", "d"), ("a", "c"), ("d", "e"), ("a", "c", "f"), ("a",), ("c", "a")]
    kept = {tuple(sorted(group)) for group in pool if len(group) > 1}
    oracle = Answers(BLOCKS)
    found = found_by(oracle, adapters=5, mode=mode, models=20, pool=pool)
    check(found, oracle, adapters=5, mode=mode, models=5)
    assert set(oracle.asked) == kept, "an exhausted pool ends the search"
    assert found.value == pytest.approx(best_of(sorted(kept), BLOCKS, adapters=5, mode=mode), abs=ROUNDING)


def test_a_pool_without_all_tasks_still_makes_a_grouping_before_it_makes_the_best() -> None:
    """Two triples are needed before anything can be chosen at all."""
    pool = [*combinations(TASKS, 2), ("a", "c", "f"), ("b", "d", "e")]
    oracle = Answers(BLOCKS)
    found = found_by(oracle, adapters=2, models=4, pool=pool)
    check(found, oracle, adapters=2, mode="partition", models=4)
    assert [str(asked.choice) for asked in found.asked][:2] == ["None", "{a, c, f} {b, d, e}"]


@pytest.mark.parametrize("mode", MODES)
def test_refusals_count_and_are_not_asked_again(mode: Mode) -> None:
    refused = frozenset([TASKS, *combinations(TASKS, 2)])
    oracle = Answers(BLOCKS, refused=refused)
    told: list[Asked] = []
    found = search_sequentially(oracle, TASKS, adapters=6, mode=mode, models=9, seed=1, told=told.append)
    check(found, oracle, adapters=6, mode=mode, models=9)
    assert len(oracle.asked) == 9
    assert [asked.answer is None for asked in found.asked] == [group in refused for group in oracle.asked]
    assert tuple(told) == found.asked
    hopeless = Answers(BLOCKS, refused=frozenset(every_group(TASKS)))
    found = found_by(hopeless, adapters=6, mode=mode, models=5)
    assert (found.value, found.cover) == (0.0, Cover.of([[t] for t in TASKS], dict(zip(TASKS, range(6), strict=True))))
    assert len(found.asked) == 5


def test_nothing_trained_leaves_every_task_alone() -> None:
    oracle = Answers(BLOCKS)
    found = found_by(oracle, adapters=6, models=0)
    assert (oracle.asked, found.value, found.cover.adapters, found.asked) == ([], 0.0, 6, ())


@pytest.mark.parametrize("mode", MODES)
def test_a_seed_decides_and_the_order_of_tasks_does_not(mode: Mode) -> None:
    one, same, turned, other = (Answers(noise(3)) for _ in range(4))
    found = found_by(one, mode=mode)
    assert found_by(same, mode=mode).cover == found.cover
    assert same.asked == one.asked
    assert found_by(turned, TASKS[::-1], mode=mode).cover == found.cover
    assert turned.asked == one.asked
    found_by(other, mode=mode, seed=1)
    assert other.asked != one.asked


@pytest.mark.parametrize("mode", MODES)
def test_other_names_give_a_grouping_of_the_same_value(mode: Mode) -> None:
    """Sorted by name the tasks stand in another order, so other groups are asked for on the way."""
    new = dict(zip(TASKS, ("e", "f", "a", "c", "b", "d"), strict=True))
    old = {b: a for a, b in new.items()}

    def renamed(group: Group) -> Array:
        gains = dict(zip(sorted(old[t] for t in group), bridged(tuple(sorted(old[t] for t in group))), strict=True))
        return np.array([gains[old[t]] for t in group])

    plain, other = Answers(bridged), Answers(renamed)
    found = found_by(plain, adapters=2, mode=mode, models=10)
    again = found_by(other, adapters=2, mode=mode, models=10)
    assert again.value == pytest.approx(found.value, abs=ROUNDING)
    assert [{new[t] for t in group} for group in plain.asked] != [set(group) for group in other.asked]


def test_what_is_expected_stands_beside_every_question() -> None:
    oracle = Answers(BLOCKS)
    found = found_by(oracle, adapters=2, mode="cover", models=6)
    first, *others = found.asked
    assert (first.step.proposal, np.isnan(first.step.predicted)) == (None, True)
    for asked in others:
        step = asked.step
        assert step.proposal is not None
        assert step.group in step.proposal.groups or step.proposal.adapters <= 2
        assert np.isfinite([step.predicted, step.error, step.worst]).all()
        assert step.error > 0
        assert 6 * step.worst <= step.predicted + 1


def test_what_an_estimator_guesses_is_known_before_the_first_model() -> None:
    scores = np.array([[0.1 * (HOME[s] == HOME[t]) * (s != t) for t in TASKS] for s in TASKS])
    prior = MeanOfScores(AffinityMatrix(TASKS, scores, np.zeros((6, 6))))
    triples = Rows.of(combinations(TASKS, 3), TASKS)
    found = search_sequentially(
        Answers(BLOCKS), TASKS, adapters=6, mode="partition", models=0, seed=0, prior=prior
    )  # fmt: skip
    members = triples.members[: triples.shared]
    said = np.where(members, found.gains.predict(members).mean, -np.inf)
    best = [triples.group(int(row)) for row in said.argmax(axis=0)]
    assert best == [tuple(t for t in TASKS if HOME[t] == HOME[target]) for target in TASKS]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tasks", [TASKS, tuple(f"t{number:02d}" for number in range(13))])
def test_it_ends_once_the_choice_is_sure_enough(mode: Mode, tasks: tuple[str, ...]) -> None:
    """Where company always hurts, every task alone is soon known to be the best."""

    def hurt(group: Group) -> Array:
        return np.full(len(group), -0.1 * len(group))

    settings = {"adapters": len(tasks), "mode": mode, "models": 40, "seed": 0}
    oracle = Answers(hurt)
    found = search_sequentially(oracle, tasks, confidence=0.5, **settings)  # type: ignore[arg-type]
    assert found.stable
    assert (found.value, found.cover.adapters) == (0.0, len(tasks))
    assert len(oracle.asked) < 20
    longer = Answers(hurt)
    surer = search_sequentially(longer, tasks, confidence=0.999, **settings)  # type: ignore[arg-type]
    assert longer.asked[: len(oracle.asked)] == oracle.asked
    assert len(longer.asked) > len(oracle.asked)
    assert all(of.step.chance > 0.001 for of in surer.asked[1:])
    assert all(of.step.chance > 0.5 for of in found.asked[1:])


def test_without_a_confidence_all_models_are_trained() -> None:
    found = found_by(Answers(BLOCKS), models=20)
    assert (len(found.asked), found.stable) == (20, False)
    chances = [of.step.chance for of in found.asked[1:]]
    assert all(0 <= chance <= 1 for chance in chances)


@pytest.mark.parametrize("mode", MODES)
def test_more_tasks_than_can_be_listed(mode: Mode) -> None:
    tasks = tuple(f"t{number:02d}" for number in range(13))
    truth = planted({task: number % 3 for number, task in enumerate(tasks)}, 0.1)
    oracle = Answers(truth)
    models = 6 if mode == "cover" else 2
    found = found_by(oracle, tasks, adapters=4 if mode == "cover" else 13, mode=mode, models=models)
    check(found, oracle, adapters=4 if mode == "cover" else 13, mode=mode, models=models)
    assert len(oracle.asked) == models
    assert found.value > float(truth(tasks).sum())


def test_the_last_choice_among_many_tasks_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between questions an exchange of groups is enough; even where it finds nothing, the end is exact."""
    monkeypatch.setattr(trained_groups, "best_rows", lambda worlds, *rest, **settings: [None] * len(worlds))
    tasks = names(13)
    generator = np.random.default_rng(28)
    drawn = generator.random((10, 13)) < 0.45
    rows = Rows.of([[t for t, held in zip(tasks, of, strict=True) if held] for of in drawn], tasks)
    gains = np.full(rows.members.shape, UNSERVED)
    gains[rows.members] = generator.normal(size=int(rows.members.sum()))
    gains[rows.shared :][np.diag_indices(13)] = 0.0
    pool = [rows.group(row) for row in range(rows.shared)]
    table = {group: gains[row, rows.members[row]] for row, group in enumerate(pool)}
    exact = select(gains, rows, adapters=4, mode="cover")
    assert exact is not None
    found = found_by(Answers(table.__getitem__), tasks, adapters=4, mode="cover", models=10, pool=pool)
    assert found.asked[-1].value == -np.inf
    assert found.value == pytest.approx(exact.value, abs=ROUNDING)


@pytest.mark.parametrize(
    ("changes", "place", "expected"),
    [
        ({"tasks": ("a",)}, "tasks", "found 1 tasks; expected 2 to 62"),
        ({"tasks": ("a", "b", "a")}, "tasks", "found 3 tasks; expected 2 to 62 different ones"),
        ({"tasks": [f"t{number}" for number in range(63)]}, "tasks", "found 63 tasks"),
        ({"adapters": 0}, "--adapters", "found 0; expected 1 or more"),
        ({"confidence": 1.0}, "--confidence", "found 1; expected a share above 0 and below 1"),
        ({"confidence": float("nan")}, "--confidence", "found nan; expected a share"),
        ({"adapters": 2, "pool": [("a", "b"), ("c", "d")]}, "--pool", "at most 2 adapters can be made of the 2 groups"),
        ({"adapters": 1, "models": 0}, "--models", "at most 1 adapters can be made of the 0 groups"),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_refusals(changes: dict[str, object], place: str, expected: str, mode: Mode) -> None:
    oracle = Answers(BLOCKS)
    settings: dict[str, object] = {"tasks": TASKS, "adapters": 2, "models": 3, "seed": 0, "mode": mode} | changes
    with pytest.raises(InputError, match=expected) as caught:
        search_sequentially(oracle, settings.pop("tasks"), **settings)  # type: ignore[arg-type]
    assert caught.value.place == place
    assert oracle.asked == [], "nothing is trained for a search that cannot end"


def test_where_all_together_fails_one_adapter_is_not_enough() -> None:
    oracle = Answers(BLOCKS, refused=frozenset([TASKS]))
    with pytest.raises(InputError, match="at most 1 adapters can be made") as caught:
        found_by(oracle, adapters=1, models=3)
    assert caught.value.place == "--models"
    assert oracle.asked == [TASKS], "no other group could be the answer"
