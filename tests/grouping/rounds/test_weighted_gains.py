"""Some tasks' gains count more than others'."""

import numpy as np
import pytest

from affinity.predictors import Hybrid
from grouping.loop import search
from grouping.masks import all_members
from grouping.objective import BestGain, FewestAdapters, Grouping, Objective
from grouping.partition import Group, Partition
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.rounds.weighted_gains import WeightedGains, shares
from tasks.errors import InputError
from tests.grouping.worlds import Array, Independent, Laboratory, every_group, measured_group, names

TASKS = names(3)
AB, AC = ("a", "b"), ("a", "c")


def test_shares_have_mean_one() -> None:
    assert shares({"a": 4.0}, TASKS) == pytest.approx([2.0, 0.5, 0.5])
    assert shares({}, TASKS) == pytest.approx([1.0, 1.0, 1.0])


def test_values_are_scaled_after_what_was_measured_as_it_is() -> None:
    plain = Independent(TASKS, 0.1, {})
    counted = WeightedGains(plain, np.array([2.0, 0.5, 0.5]))
    of = measured_group(AB, np.array([0.02, 0.04]), error=0.01)
    members = all_members(3)[[3]]
    after, expected = counted.update([of.gains()]).predict(members), plain.update([of.gains()]).predict(members)
    np.testing.assert_allclose(after.mean[0, :2], expected.mean[0, :2] * [2.0, 0.5])
    np.testing.assert_allclose(after.error[0, :2], expected.error[0, :2] * [2.0, 0.5])
    one, other = (of.draw(members, draws=3, generator=np.random.default_rng(0)) for of in (counted, plain))
    np.testing.assert_allclose(one[..., :2], other[..., :2] * [2.0, 0.5])


def test_a_measured_mean_counts_as_tasks_do() -> None:
    measured = {AB: measured_group(AB, np.array([0.02, 0.04]), error=0.01)}
    known = Knowledge(Independent(TASKS, 0.1, {}), None, measured, {"a": 4.0})
    assert known.measured_mean(Partition.of([AB, "c"])) == pytest.approx((2 * 0.02 + 0.5 * 0.04) / 3)
    assert known.learn(measured).weights == {"a": 4.0}
    assert known.hear({}).weights == {"a": 4.0}


def gains(group: Group) -> Array:
    """With b, a gains much and b loses less; with c, both gain a little; b and c, and all three, lose."""
    return {AB: np.array([0.10, -0.06]), AC: np.array([0.01, 0.02])}.get(group, np.full(len(group), -0.1))


def searched(objective: Objective) -> Outcome:
    oracle = Laboratory(gains, error=1e-4)
    measured = oracle.measure(every_group(TASKS))
    return search(
        Hybrid.fit(TASKS, [of.gains() for of in measured.values()]),
        deltas=Independent(TASKS, 10.0, {}).update([of.deltas() for of in measured.values()]),
        measured=measured, objective=objective, oracle=oracle, budget=Budget(models=4), seed=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("weights", "groups"), [({}, [AB, "c"]), ({"b": 3.0}, [AC, "b"]), ({"a": 5.0, "b": 3.0}, [AB, "c"])]
)
def test_the_choice_follows_the_weights(weights: dict[str, float], groups: list[Group]) -> None:
    assert searched(BestGain(weights=weights)).partition == Partition.of(groups)


def test_of_equally_few_adapters_too() -> None:
    margins = dict.fromkeys(TASKS, 50.0)
    assert searched(FewestAdapters(margins=margins, max_adapters=None)).partition.adapters == 1
    margins = dict.fromkeys(TASKS, 9.0)
    assert searched(FewestAdapters(margins=margins)).partition == Partition.of([AB, "c"])
    assert searched(FewestAdapters(margins=margins, weights={"b": 3.0})).partition == Partition.of([AC, "b"])


def test_what_is_shown_counts_every_task_once() -> None:
    outcome = searched(BestGain(weights={"b": 3.0}))
    (shown,) = [of for of in outcome.proposals if of.chosen]
    assert shown.mean_gain == pytest.approx(0.01, abs=0.001)
    assert outcome.mean_gain == pytest.approx((0.01 + 0.02) * 0.6 / 3, abs=0.001)
    assert shown.best == pytest.approx(1.0)


def test_margins_as_units() -> None:
    objective = Grouping(weights="margins").to_objective({"a": 2.0, "b": 0.5})
    assert objective.weights == {"a": 0.5, "b": 2.0}
    assert Grouping(weights={"a": 2.0}).to_objective({"a": 1.0}).weights == {"a": 2.0}
    with pytest.raises(InputError, match="task `b` has a margin of 0"):
        Grouping(weights="margins").to_objective({"a": 2.0, "b": 0.0})
