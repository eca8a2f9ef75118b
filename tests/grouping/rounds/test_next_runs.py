"""What one more run may show, against the arithmetic of normal distributions and by simulation."""

import numpy as np
import pytest

from affinity.predictor import Measured
from grouping.objective import BestGain, FewestAdapters
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.next_runs import moves, next_runs
from tests.grouping.worlds import Independent, measured_by_parts, names

TASKS = names(3)
AB = ("a", "b")


@pytest.mark.parametrize("seed", range(6))
def test_the_variance_that_a_run_takes_away(seed: int) -> None:
    prior, shared, one_run = np.random.default_rng(seed).uniform(0.1, 2.0, size=3)
    seeds = seed + 1
    now = 1 / (1 / prior + 1 / (shared + one_run / seeds))
    then = 1 / (1 / prior + 1 / (shared + one_run / (seeds + 1)))
    found = moves(np.array([now]), np.array([one_run / seeds]), np.array([shared]), np.array([seeds]))
    assert found == pytest.approx([now - then])


def test_by_simulation() -> None:
    """Gain, shared error and runs are drawn; what is expected after two runs moves from what was after one."""
    prior, shared, one_run = 0.5, 0.3, 0.4
    generator = np.random.default_rng(0)
    gain, error = (np.sqrt(of) * generator.standard_normal(200_000) for of in (prior, shared))
    runs = gain + error + np.sqrt(one_run) * generator.standard_normal((2, 200_000))
    first = prior / (prior + shared + one_run) * runs[0]
    second = prior / (prior + shared + one_run / 2) * runs.mean(axis=0)
    variance = 1 / (1 / prior + 1 / (shared + one_run))
    found = moves(np.array([variance]), np.array([one_run]), np.array([shared]), np.array([1]))
    assert found[0] == pytest.approx((second - first).var(), rel=0.02)


def test_where_luck_is_not_known_nothing_moves() -> None:
    assert moves(np.array([0.5]), np.array([0.0]), np.array([0.3]), np.array([2])) == pytest.approx([0.0])


def known(*, seeds: int = 1, margins: bool = False) -> Knowledge:
    of = measured_by_parts(AB, np.array([0.02, 0.04]), run=0.03, sample=0.01, seeds=seeds)
    gains = Independent(TASKS, 0.05, {}).update([of.gains()])
    deltas = Independent(TASKS, 5.0, {}).update([of.deltas()]) if margins else None
    return Knowledge(gains, deltas, {AB: of})


def test_totals_move_by_that_variance_and_a_single_stays() -> None:
    found = next_runs([(AB, AB), (("c",), ("c",))], known(), objective=BestGain(), generator=np.random.default_rng(1))
    variance = 2 / (1 / 0.05**2 + 1 / (0.03**2 + 0.01**2))
    step = moves(np.array([variance]), np.array([2 * 0.03**2]), np.array([2 * 0.01**2]), np.array([1]))
    assert found.next_totals[:, 0].mean() == pytest.approx(found.totals[0], abs=0.003)
    assert found.next_totals[:, 0].var() == pytest.approx(step[0], rel=0.15)
    assert np.all(found.next_totals[:, 1] == 0)
    assert np.all(found.next_shortfalls == -np.inf)


def test_a_floor_comes_nearer_as_its_error_falls() -> None:
    objective = FewestAdapters(margins=dict.fromkeys(TASKS, 2.0))
    found = next_runs(
        [(AB, AB), (("c",), ("c",))], known(margins=True), objective=objective, generator=np.random.default_rng(1)
    )
    assert found.next_shortfalls[:, 0].mean() < found.shortfalls[0]
    assert found.next_shortfalls[:, 0].std() > 0.3
    assert np.all(found.next_shortfalls[:, 1] == found.shortfalls[1])


def test_the_more_runs_there_are_the_less_the_next_one_tells() -> None:
    objective, generator = BestGain(), np.random.default_rng(1)
    spreads = [
        next_runs([(AB, AB)], known(seeds=seeds), objective=objective, generator=generator).next_totals.std()
        for seeds in (1, 2, 8)
    ]
    assert spreads[0] > spreads[1] > spreads[2] > 0


def test_a_measurement_without_parts_moves_nothing() -> None:
    of = measured_by_parts(AB, np.array([0.02, 0.04]), run=0.03, sample=0.01)
    bare = Measured(AB, of.gain, of.gain_error)
    knows = Knowledge(Independent(TASKS, 0.05, {}).update([bare]), None, {})
    found = next_runs([(AB, AB)], knows, objective=BestGain(), generator=np.random.default_rng(1))
    assert np.all(found.next_totals == found.totals)


def test_only_what_a_group_serves_moves() -> None:
    knows, floors = known(margins=True), FewestAdapters(margins=dict.fromkeys(TASKS, 1.0))
    asked = [(AB, ("b",)), (AB, AB)]
    one, both = next_runs(asked, knows, objective=floors, generator=np.random.default_rng(1)).next_totals.std(axis=0)
    assert both == pytest.approx(one * np.sqrt(2), rel=0.1), "two tasks whose luck is their own"
    found = next_runs(asked, knows, objective=floors, generator=np.random.default_rng(1))
    assert found.shortfalls[0] < found.shortfalls[1], "b changes by 4 points, and a by 2"
