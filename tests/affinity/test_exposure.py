"""Steps of members in simulated groups: hand values, laws, and the trainer's own turns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from affinity.exposure import exposures
from affinity.simulation import Simulation
from tests.affinity.test_simulation import ROUNDING, linear_pass, simulation
from trainers.settings import Training
from trainers.turns import Mixing, Temperature, turns

CPU = torch.device("cpu")
SIZES = {"a": 3.0, "b": 9.0, "c": 12.0}
GROUPS = np.array([[True, True, False], [False, True, True], [True, True, True], [True, False, False]])
WARM = Temperature(name="temperature", temperature=2)


def test_proportional_members_make_their_own_passes() -> None:
    found = exposures(SIZES, GROUPS, Training(), device=CPU)
    assert {name: (of.steps, of.shared, of.own, of.averaged) for name, of in found.items()} == {
        name: (steps, 1.0, 1.0, steps) for name, steps in SIZES.items()
    }


def test_equal_by_hand() -> None:
    """a has 6 of 12 steps beside b, 8 of 24 beside both, and its own 3 alone."""
    found = exposures(SIZES, GROUPS, Training(mixing="equal"), device=CPU)
    assert found["a"].steps.tolist() == [6, 8, 3]
    assert found["a"].shared.tolist() == found["a"].own.tolist() == [2, pytest.approx(8 / 3), 1]
    assert found["b"].steps.tolist() == [6, 10.5, 8]
    assert found["c"].averaged.tolist() == [10.5, 8]


def test_joint_steps_by_hand() -> None:
    """Nine steps of a and b: each counts half for the adapter and one whole for either head."""
    found = exposures(SIZES, GROUPS, Training(aggregator="mgda"), device=CPU)
    assert found["a"].steps.tolist() == [4.5, 4, 3]
    assert found["a"].own.tolist() == [3, 4, 1]
    assert found["a"].averaged.tolist() == [9, 12, 3]
    assert found["b"].shared.tolist() == [0.5, pytest.approx(12 / 9 / 2), pytest.approx(12 / 9 / 3)]


@pytest.mark.parametrize("mixing", ["equal", WARM])
def test_they_are_the_trainers_turns_without_rounding(mixing: Mixing) -> None:
    whole = {name: 1000 * size for name, size in SIZES.items()}
    found = exposures(whole, np.ones((1, 3), dtype=bool), Training(mixing=mixing), device=CPU)
    steps = [float(of.steps) for of in found.values()]
    np.testing.assert_allclose(steps, turns([int(size) for size in whole.values()], mixing), atol=1)
    assert sum(steps) == pytest.approx(24000)


def mixed(of: Simulation, mixing: Mixing) -> Simulation:
    return replace(of, training=replace(of.training, mixing=mixing))


PASSES = {
    "north": linear_pass(np.arange(1, 7) / 3, seed=1, examples=24, head=True),
    "south": linear_pass(-np.arange(1, 7) / 3, seed=2, examples=72, head=True),
}
BOTH = np.array([[True, True], [True, False], [False, True]])


@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_equal_shares_are_those_of_examples_that_stand_for_more(ema: float) -> None:
    """24 and 72 examples in equal shares are trained as 48 and 48 of which 24 and 72 were looked at."""
    alike = {name: replace(of, examples=48) for name, of in PASSES.items()}
    found = mixed(simulation(PASSES, ema=ema), "equal").run(BOTH[:1], passes=3)
    expected = simulation(alike, ema=ema).run(BOTH[:1], passes=3)
    np.testing.assert_allclose(found.stop, expected.stop, atol=ROUNDING)
    np.testing.assert_allclose(found.select, expected.select, atol=ROUNDING)


@pytest.mark.parametrize("change", [{"mixing": "equal"}, {"mixing": WARM}, {"aggregator": "upgrad"}])
def test_singles_are_the_same_under_any_mixing(change: dict[str, object]) -> None:
    of = simulation(PASSES, ema=0.5)
    other = replace(of, training=replace(of.training, **change))  # type: ignore[arg-type]
    plain, found = of.run(BOTH, passes=2), other.run(BOTH, passes=2)
    np.testing.assert_allclose(found.stop[:, 1:], plain.stop[:, 1:], atol=ROUNDING)
    assert np.abs(found.stop[:, 0] - plain.stop[:, 0]).max() > 10 * ROUNDING


def test_the_small_task_gains_by_equal_shares_of_a_conflict() -> None:
    of = simulation(PASSES)
    plain, equal = (mixed(of, mixing).run(BOTH[:1], passes=3).select[0] for mixing in ("proportional", "equal"))
    assert equal[0] < plain[0]
    assert equal[1] > plain[1]


def test_one_factor_for_all_changes_no_adapter() -> None:
    """Adam divides by what it met; alone a factor is left out."""
    of = simulation(PASSES)
    plain = of.run(BOTH, passes=2)
    double = replace(of, weights=dict.fromkeys(PASSES, 2.0)).run(BOTH, passes=2)
    np.testing.assert_allclose(double.stop, plain.stop, atol=ROUNDING)
    heavy = replace(of, weights={"north": 5.0, "south": 1.0}).run(BOTH, passes=2)
    assert heavy.select[0, 0] < plain.select[0, 0]
    np.testing.assert_array_equal(heavy.select[1:], plain.select[1:])


def test_balanced_examples_count_as_copies_of_them() -> None:
    """Weight 2 on some and 0 on the others, against a task of the first alone, each twice."""
    of = simulation(PASSES)
    ones = {name: torch.ones(block.columns.stop - block.columns.start) for name, block in of.kernel.blocks.items()}
    np.testing.assert_array_equal(replace(of, balance=ones).run(BOTH, passes=2).stop, of.run(BOTH, passes=2).stop)
    north = {"north": torch.tensor([2.0, 0.0] * 12)}
    found = replace(of, balance=north).run(BOTH[1:2], passes=2).stop
    assert np.nanmax(np.abs(found - of.run(BOTH[1:2], passes=2).stop)) > 10 * ROUNDING
