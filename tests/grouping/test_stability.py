"""How alike groupings are, and whether other runs hold them to be worth the same."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from affinity.predictor import Measured
from grouping.partition import Partition, all_partitions
from grouping.stability import Chosen, adjusted_rand, co_assignment, stability
from tests.grouping.worlds import Independent

ERROR = 0.01
TASKS = ("a", "b", "c", "d")


def knows(gains: dict[tuple[str, ...], float], tasks: tuple[str, ...] = TASKS) -> Independent:
    """A posterior that was told the gain of every member of some groups, alike within a group."""
    told = {
        group: Measured(group, np.full(len(group), gain), np.full(len(group), ERROR)) for group, gain in gains.items()
    }
    return Independent(tasks, 100.0, told)


def test_the_index_by_hand() -> None:
    first, second = Partition.of(["abc", "d"]), Partition.of(["ab", "cd"])
    # one pair in common, 3 and 2 pairs, 6 in all: expected 1
    assert adjusted_rand(first, second) == pytest.approx((1 - 1) / (2.5 - 1))
    assert adjusted_rand(Partition.of(["ab", "c", "d"]), Partition.of(["ab", "cd"])) == pytest.approx(
        (1 - 2 / 6) / (1.5 - 2 / 6)
    )


def test_trivial_partitions_are_defined() -> None:
    alone, together = Partition.singles("abcd"), Partition.together("abcd")
    assert adjusted_rand(alone, alone) == adjusted_rand(together, together) == 1.0
    assert adjusted_rand(alone, together) == 0.0
    assert adjusted_rand(Partition.of(["a"]), Partition.of(["a"])) == 1.0


def test_the_index_is_that_of_scikit_learn_for_every_two_partitions_of_five_tasks() -> None:
    every = list(all_partitions("abcde"))
    for first, second in combinations(every, 2):
        expected = adjusted_rand_score(first.restricted_growth(), second.restricted_growth())
        assert adjusted_rand(first, second) == pytest.approx(expected, abs=1e-12)
        assert adjusted_rand(second, first) == adjusted_rand(first, second)


def test_partitions_of_other_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="the same tasks"):
        adjusted_rand(Partition.of(["ab"]), Partition.of(["ac"]))


def test_how_often_two_tasks_are_together_counts_runs_that_hold_both() -> None:
    shares = co_assignment([Partition.of(["ab", "c"]), Partition.of(["a", "bc"]), Partition.of(["ab"])], "abcd")
    assert shares[0, 1] == pytest.approx(2 / 3)
    assert shares[1, 2] == pytest.approx(1 / 2)
    assert shares[0, 2] == 0.0
    assert np.isnan(shares[0, 3])
    np.testing.assert_array_equal(shares, shares.T)
    np.testing.assert_array_equal(np.diag(shares)[:3], 1.0)


def test_a_choice_is_judged_by_the_others_and_against_their_own() -> None:
    gains = {("a", "b"): 0.10, ("c", "d"): 0.04, ("a", "c"): 0.02, ("b", "d"): 0.02}
    good, poor = Partition.of(["ab", "cd"]), Partition.of(["ac", "bd"])
    found = stability([Chosen(1, good, knows(gains)), Chosen(2, poor, knows(gains))], seed=0)
    first, second = found.runs
    three_errors = 3 * ERROR / 2 / np.sqrt(2048)
    assert first.others.mean == pytest.approx(0.07, abs=three_errors)  # (2 x 0.10 + 2 x 0.04) / 4
    assert second.others.mean == pytest.approx(0.02, abs=three_errors)
    assert first.behind.mean == pytest.approx(-0.05, abs=2 * three_errors)  # better than the judge's own choice
    assert second.behind.mean == pytest.approx(0.05, abs=2 * three_errors)
    assert second.behind.low > 0 > first.behind.high
    assert found.rand[0][1] == found.mean_rand == second.rand == adjusted_rand(good, poor)
    assert np.array(found.judged)[1, 0] == first.others.mean
    assert first.own.high - first.own.low == pytest.approx(2 * 1.96 * ERROR / 2, rel=0.1)  # four errors, mean of four


def test_equal_choices_are_worth_exactly_the_same() -> None:
    gains = {("a", "b"): 0.1}
    same = Partition.of(["ab", "c", "d"])
    found = stability([Chosen(seed, same, knows(gains)) for seed in range(3)], seed=0)
    assert found.mean_rand == 1.0
    assert all(run.behind.low == run.behind.high == 0.0 for run in found.runs)
    assert found.together[0][1] == 1.0
    assert found.together[0][2] == 0.0


def test_what_a_run_could_not_measure_is_left_aside() -> None:
    whole = Chosen(1, Partition.of(["ab", "cd"]), knows({("a", "b"): 0.1, ("c", "d"): 0.1}))
    fewer = Chosen(2, Partition.of(["ab", "c"]), knows({("a", "b"): 0.1}, ("a", "b", "c")))
    found = stability([whole, fewer], seed=0)
    assert found.tasks == TASKS
    assert found.rand[0][1] == 1.0  # of a, b and c
    assert found.runs[0].others.mean == pytest.approx(0.2 / 3, abs=0.001)  # c is alone there, d is not known
    assert found.runs[0].behind.high == 0.0


def test_one_run_tells_nothing() -> None:
    with pytest.raises(ValueError, match="two runs or more"):
        stability([Chosen(1, Partition.of(["ab", "cd"]), knows({}))], seed=0)
