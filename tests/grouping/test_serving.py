"""Groups that may serve some of their members alone: numbers, what is believed of them, and exact solutions."""

from itertools import chain, combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affinity.predictor import Measured
from grouping import served_rows
from grouping.grouped import Grouped, entries_of, grouped
from grouping.masks import all_members
from grouping.partition import Group, Partition, all_partitions
from grouping.served_rows import ServedRows
from grouping.serving import Serving
from grouping.universe import holding, rows_of, singles_and_together
from tests.grouping.worlds import Array, Independent, names

TASKS = names(3)
AB, ABC = ("a", "b"), ("a", "b", "c")
GAINS = Independent(TASKS, 1.0, {AB: Measured(AB, np.array([0.4, 0.2]), np.array([1.0, 1.0]))})


def listed(universe: Serving) -> list[tuple[Group, Group]]:
    return [(universe.group(row), universe.serves(row)) for row in range(len(universe.members))]


def test_all_that_few_groups_may_serve() -> None:
    every = Serving.every(TASKS)
    entries = listed(every)
    assert len(entries) == len(set(entries)) == 3 + 3 + 4
    assert (ABC, ("b", "c")) in entries
    assert not [entry for entry in entries if len(entry[1]) == 1 < len(entry[0])], "alone is trained alone"
    singles, together = singles_and_together(every)
    assert [entries[int(row)] for row in singles] == [((task,), (task,)) for task in TASKS]
    assert entries[together] == (ABC, ABC)
    cover = grouped([(ABC, AB), (("c",), ("c",))])
    assert [entries[row] for row in every.places(cover)] == entries_of(cover)


def test_a_group_is_trained_or_barred_whomever_it_serves() -> None:
    every = Serving.every(TASKS)
    trained = every.trained_as([("c", "b", "a"), ("a",)])
    assert {listed(every)[row] for row in np.flatnonzero(trained)} == {
        (ABC, ABC), (ABC, AB), (ABC, ("a", "c")), (ABC, ("b", "c")), (("a",), ("a",)),
    }  # fmt: skip
    barred = holding([AB], every)
    assert all(barred[row] == (set(AB) <= set(group)) for row, (group, _) in enumerate(listed(every)))


def test_some_rows_hold_every_group_whole() -> None:
    some = Serving.some(TASKS, rows_of([AB, ABC, AB, ABC], TASKS), rows_of(["ab", "ab", "a", ""], TASKS))
    entries = listed(some)
    assert len(entries) == len(set(entries))
    assert set(entries) == {*(((t,), (t,)) for t in TASKS), (ABC, ABC), (AB, AB), (ABC, AB)}
    with pytest.raises(KeyError):
        some.places(grouped([(ABC, ("b", "c")), (("a",), ("a",))]))


def test_only_served_tasks_count() -> None:
    rows = ServedRows.of([(AB, ("a",)), (AB, AB), (ABC, ("b", "c"))], TASKS)
    said = rows.predict(GAINS)
    np.testing.assert_allclose(said.mean, [[0.2, np.nan, np.nan], [0.2, 0.1, np.nan], [np.nan, 0, 0]])
    assert np.isnan(said.error[0, 1])
    assert rows.totals(GAINS) == pytest.approx([0.2, 0.3, 0.0])
    drawn = np.concatenate(list(rows.draw(GAINS, draws=7, generator=np.random.default_rng(0))))
    assert (drawn[:, 0, 0] == drawn[:, 1, 0]).all(), "one group has one value in one draw"
    assert np.isnan(drawn[:, 2, 0]).all()
    sums = rows.draw_totals(GAINS, draws=4000, generator=np.random.default_rng(0))
    assert sums.var(axis=0) == pytest.approx([0.5, 1.0, 2.0], rel=0.1)


def test_draws_in_pieces_have_the_same_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_rows, "CHUNK", 10)
    rows = ServedRows(*[all_members(3)[[0b011, 0b111]]] * 2)
    drawn = rows.draw_totals(GAINS, draws=3000, generator=np.random.default_rng(1))
    assert drawn.shape == (3000, 2)
    assert drawn.mean(axis=0) == pytest.approx([0.3, 0.0], abs=0.1)
    assert drawn.var(axis=0) == pytest.approx([1.0, 3.0], rel=0.12)


def all_groupings(universe: Serving) -> set[Grouped]:
    """Every grouping of these rows, by listing all choices of a row for each group of every partition."""
    by_set: dict[Group, list[Group]] = {}
    for group, served in listed(universe):
        by_set.setdefault(served, []).append(group)
    found: set[Grouped] = set()
    for partition in all_partitions(universe.tasks):
        for groups in product(*(by_set.get(served, ()) for served in partition.groups)):
            if len(set(groups)) == len(groups):
                found.add(grouped(zip(groups, partition.groups, strict=True)))
    return found


def total(values: Array, universe: Serving, grouping: Grouped) -> float:
    return float(values[universe.places(grouping)].sum())


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 4), st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans(), st.booleans())
def test_the_best_grouping_of_all_rows(count: int, seed: int, most: int, fewest: bool, additive: bool) -> None:
    generator, universe = np.random.default_rng(seed), Serving.every(names(count))
    values = generator.normal(size=len(universe.members))
    if additive:  # as gains are: two sets of one group are worth what both together are
        gains = {group: generator.normal(size=count) for group, _ in listed(universe)}
        values = np.array([gains[universe.group(row)][of].sum() for row, of in enumerate(universe.served)])
    values[generator.random(len(values)) < 0.2] = -np.inf
    found = universe.solver(fewest=fewest).solve(values, tasks=universe.tasks, max_groups=most)
    known = {of: total(values, universe, of) for of in all_groupings(universe) if of.adapters <= most}
    known = {of: value for of, value in known.items() if value > -np.inf}
    for number, (value, grouping) in enumerate(zip(found.values, found.groupings, strict=True), start=1):
        if grouping is None:
            assert value == -np.inf
            assert not [of for of in known if of.adapters == number]
            continue
        assert grouping.adapters <= number
        assert value >= max((v for of, v in known.items() if of.adapters == number), default=-np.inf) - 1e-12
        if grouping.adapters == number:
            assert value == pytest.approx(known[grouping])


def test_helpers_are_taken_where_they_pay_and_no_more_than_do() -> None:
    universe = Serving.every(TASKS)
    values = np.zeros(len(universe.members))
    values[universe.places(grouped([(ABC, AB), (("c",), ("c",))]))[0]] = 1.0
    found = universe.solver(fewest=False).solve(values, tasks=TASKS)
    assert found.groupings[1] == grouped([(ABC, AB), (("c",), ("c",))])
    assert found.groupings[2] == Partition.singles(TASKS), "of equal rows the one without helpers"


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_of_some_rows_what_is_found_is_made_of_them(seed: int, most: int) -> None:
    generator, tasks = np.random.default_rng(seed), names(4)
    every = Serving.every(tasks)
    kept = generator.random(len(every.members)) < 0.4
    some = Serving.some(tasks, every.members[kept], every.served[kept])
    gains = {group: generator.normal(size=4) for group, _ in listed(some)}
    values = np.array([gains[some.group(row)][of].sum() for row, of in enumerate(some.served)])
    found = some.solver(fewest=False).solve(values, tasks=tasks, max_groups=most)
    known = {of: total(values, some, of) for of in all_groupings(some) if of.adapters <= most}
    best = int(np.argmax(found.values))
    grouping = found.groupings[best]
    assert grouping is not None
    assert grouping in known
    assert found.values[best] == pytest.approx(known[grouping])


def test_values_of_another_shape_are_refused() -> None:
    universe = Serving.every(TASKS)
    with pytest.raises(ValueError, match="for 10 rows"):
        universe.solver(fewest=False).solve(np.zeros(8), tasks=TASKS)


def test_subsets_of_a_group_are_all_there() -> None:
    found = {served for group, served in listed(Serving.every(names(4))) if group == names(4)}
    assert found == set(chain.from_iterable(combinations(names(4), size) for size in range(2, 5)))


def test_two_sets_of_one_group_are_given_up_where_the_group_may_not_serve_both() -> None:
    universe, tasks = Serving.every(names(4)), names(4)
    values = np.where(universe.served.sum(axis=1) <= 2, 0.0, -np.inf)  # as a rule has it
    for served in (("a", "b"), ("c", "d")):
        values[universe.places(grouped([(tasks, served), *(((t,), (t,)) for t in tasks if t not in served)]))[0]] = 1.0
    found = universe.solver(fewest=False).solve(values, tasks=tasks)
    best = found.groupings[int(np.argmax(found.values))]
    assert best is not None
    assert max(found.values) == 1.0, "not 2: one adapter would serve four tasks"
    assert all(len(served) <= 2 for _, served in entries_of(best))
