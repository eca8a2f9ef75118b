from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affinity.gains import MeasuredGroup, Parts, trained_alone
from grouping.statistics import (
    Interval,
    delta_intervals,
    detectable_effect,
    holm,
    mean_over_tasks,
    non_inferior,
    p_above,
    quantile,
    t_interval,
    times_more,
)

PROBABILITIES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def _measured(group: str, gain: list[float], error: list[float], freedom: float = np.inf) -> MeasuredGroup:
    values, errors = np.array(gain), np.array(error)
    return MeasuredGroup(
        group=tuple(group),
        gain=values,
        gain_error=errors,
        delta=100 * values,
        delta_error=100 * errors,
        freedom=np.full(len(values), freedom),
        seeds=2,
    )


def test_an_interval_by_hand() -> None:
    """The 97.5 % quantile of t with 4 degrees of freedom is 2.776."""
    interval = t_interval(1.0, 0.5, 4)
    assert (interval.low, interval.high) == pytest.approx((1 - 1.388, 1 + 1.388), abs=1e-3)
    assert t_interval(1.0, 0.5, np.inf).high == pytest.approx(1 + 0.98, abs=1e-3)
    assert t_interval(2.0, 0.0, np.inf) == Interval(2.0, 2.0, 2.0, 0.95)


def test_an_interval_is_that_of_a_one_sample_t_test() -> None:
    values = np.random.default_rng(0).normal(size=6)
    theirs = stats.ttest_1samp(values, 0.3, alternative="greater")
    error = float(stats.sem(values))
    assert p_above(float(values.mean()), error, 5, null=0.3) == pytest.approx(theirs.pvalue)
    both = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    mine = t_interval(float(values.mean()), error, 5, confidence=0.9)
    assert (mine.low, mine.high) == pytest.approx((both.low, both.high))


def test_without_error_a_p_value_is_certain() -> None:
    assert p_above(0.1, 0.0, np.inf) == 0
    assert p_above(0.0, 0.0, np.inf) == 1


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(holm([0.03, 0.01, 0.04, 0.5]), [0.09, 0.04, 0.09, 0.5])
    assert holm([]).shape == (0,)


@given(PROBABILITIES)
def test_holm_keeps_the_order_and_never_lowers(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert np.all(adjusted >= p_values)
    assert np.all(adjusted <= np.minimum(1, len(p_values) * np.array(p_values)) + 1e-12)
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= 0)


@given(PROBABILITIES, st.floats(0.001, 0.5))
def test_holm_rejects_as_the_step_down_procedure_does(p_values: list[float], alpha: float) -> None:
    """The slow reference: walk up the sorted p values and stop at the first that is too large."""
    rejected = set()
    for step, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if p_values[i] * (len(p_values) - step) > alpha:
            break
        rejected.add(i)
    assert set(np.flatnonzero(holm(p_values) <= alpha).tolist()) == rejected


def test_non_inferiority_looks_at_the_lower_end() -> None:
    assert non_inferior(Interval(-0.2, -0.9, 0.5, 0.95), 1.0)
    assert not non_inferior(Interval(3.0, -1.0, 7.0, 0.95), 1.0)


def test_a_detectable_effect_is_detected_as_often_as_stated() -> None:
    effect = detectable_effect(0.7, 20)
    rng = np.random.default_rng(1)
    errors = 0.7 * np.sqrt(rng.chisquare(20, 40_000) / 20)
    found = (effect + 0.7 * rng.normal(size=40_000) - quantile(20) * errors) > 0
    assert found.mean() == pytest.approx(0.9, abs=0.015)


def test_one_point_of_15_percent_discordant_pairs_needs_13000_examples() -> None:
    """A one-sided test at 5 % with 90 % power; the two-sided 95 % interval of the verdicts needs 16,000."""
    assert detectable_effect(100 * np.sqrt(0.15 / 12_850), np.inf, confidence=0.9) == pytest.approx(1.0, abs=0.001)
    assert detectable_effect(100 * np.sqrt(0.15 / 15_760), np.inf) == pytest.approx(1.0, abs=0.001)


def test_times_more_reaches_what_was_wanted() -> None:
    times = times_more(0.3, 0.8, wanted=0.5)
    assert times is not None
    assert times == pytest.approx(0.64 / 0.16)
    assert 0.3**2 + 0.8**2 / times == pytest.approx(0.25)
    assert times_more(0.3, 0.2, wanted=0.5) == 1
    assert times_more(0.5, 0.1, wanted=0.5) is None


def test_the_mean_of_a_grouping_by_hand() -> None:
    """Two tasks in a group with errors 0.1 and 0.2, added; another group with 0.4; a single: sqrt(0.09 + 0.16) / 5."""
    groups = [
        _measured("ab", [0.3, 0.1], [0.1, 0.2]),
        _measured("cd", [-0.2, 0.3], [0.0, 0.4]),
        trained_alone("e", seeds=3),
    ]
    found = mean_over_tasks(groups)
    assert found.estimate == pytest.approx(0.1)
    assert found.high - found.low == pytest.approx(2 * stats.norm.ppf(0.975) * 0.1)
    points = mean_over_tasks(groups, quantity="delta")
    assert (points.low, points.high) == pytest.approx((100 * found.low, 100 * found.high))


def test_the_mean_by_parts_by_hand() -> None:
    """Run errors 0.1 and 0.2 at a correlation of 0.5: 0.5 * 0.09 + 0.5 * 0.05; references 0.3, samples 0.4: + 0.5."""
    of = _measured("ab", [0.3, 0.1], [0.0, 0.0])
    parts = Parts(
        run=np.array([0.1, 0.2]),
        reference=np.array([0.3, 0.0]),
        sample=np.array([0.0, 0.4]),
        freedom=np.full(2, np.inf),
        examples=np.array([10, 10]),
    )
    found = mean_over_tasks([replace(of, gain_parts=parts, gain_companions=0.5)])
    variance = 0.5 * 0.3**2 + 0.5 * (0.1**2 + 0.2**2) + 0.3**2 + 0.4**2
    assert found.high - found.estimate == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(variance) / 2)
    alike = mean_over_tasks([replace(of, gain_parts=parts)])
    assert alike.high > found.high


def test_the_mean_of_singles_is_zero_for_certain() -> None:
    found = mean_over_tasks([trained_alone(name, seeds=2) for name in "abc"])
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_the_mean_is_covered_however_much_luck_members_share(shared: float) -> None:
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(2000):
        luck = np.sqrt(shared) * rng.normal(size=(2, 1)) + np.sqrt(1 - shared) * rng.normal(size=(2, 3))
        noise = 0.1 * luck
        groups = [_measured(names, row.tolist(), [0.1] * 3) for names, row in zip(("abc", "def"), noise, strict=True)]
        interval = mean_over_tasks(groups)
        hits.append(interval.low <= 0 <= interval.high)
    assert np.mean(hits) >= 0.94


def test_the_interval_of_every_member() -> None:
    found = delta_intervals(_measured("ab", [0.01, -0.02], [0.005, 0.01], freedom=10), confidence=0.9)
    assert found["b"] == t_interval(-2.0, 1.0, 10, confidence=0.9)
    assert delta_intervals(trained_alone("a", seeds=2))["a"] == Interval(0, 0, 0, 0.95)


def test_at_a_look_the_confidence_follows_from_what_more_runs_leave() -> None:
    """Variances of the sample beside all: 9 of 25 and 0 of 16 by task; over both, as runs are apart, 9 of 41."""
    of = _measured("ab", [0.01, -0.02], [0.05, 0.04], freedom=10)
    parts = Parts(
        run=np.array([4.0, 4.0]),
        reference=np.zeros(2),
        sample=np.array([3.0, 0.0]),
        freedom=np.full(2, 10.0),
        examples=np.array([10, 10]),
    )
    of = replace(of, delta_parts=parts, delta_companions=0.0)
    asked: list[float] = []

    def confidence(fixed: float) -> float:
        asked.append(fixed)
        return 0.9

    assert delta_intervals(of, confidence=confidence) == delta_intervals(of, confidence=0.9)
    assert asked == pytest.approx([9 / 25, 0])
    assert mean_over_tasks([of], quantity="delta", confidence=confidence).confidence == 0.9
    assert asked[2:] == pytest.approx([9 / 41])
    unknown = replace(of, delta_parts=None)
    delta_intervals(unknown, confidence=confidence)
    delta_intervals(trained_alone("a", seeds=2), confidence=confidence)
    assert asked[3:] == [0, 0, 0]


def test_refusals() -> None:
    with pytest.raises(ValueError, match="standard error of 0 or more"):
        t_interval(0.0, float("nan"), 5)
    with pytest.raises(ValueError, match="a confidence in"):
        quantile(5, confidence=1.0)
    with pytest.raises(ValueError, match="freedom above 0"):
        quantile(0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.1, float("nan")])
    with pytest.raises(ValueError, match="`gain` or `delta`"):
        mean_over_tasks([trained_alone("a", seeds=2)], quantity="loss")
    with pytest.raises(ValueError, match="but got 0 groups"):
        mean_over_tasks([])
