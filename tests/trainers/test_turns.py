"""How a pass of a group is divided: hand values and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from trainers.turns import Mixing, Temperature, is_proportional, shares, turns


def at(temperature: float) -> Temperature:
    return Temperature(name="temperature", temperature=temperature)


MIXINGS = st.one_of(st.just("proportional"), st.just("equal"), st.floats(0.2, 50).map(at))
LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=8)


def test_turns_by_hand() -> None:
    """Roots of 10 and 90 are as 1 to 3; of 11 turns for two, the larger gets the odd one."""
    assert turns([10, 90], at(2)) == [25, 75]
    assert turns([10, 90], "equal") == [50, 50]
    assert turns([1, 10], "equal") == turns([10, 1], "equal")[::-1] == [5, 6]
    assert turns([10, 90], "proportional") == [10, 90]
    assert turns([2, 3, 1], "equal") == [2, 2, 2]
    np.testing.assert_allclose(shares(np.array([1.0, 4.0, 16.0]), at(2)), [1 / 7, 2 / 7, 4 / 7])


def test_the_rest_goes_to_the_largest_remainders() -> None:
    """Quotas of 10/3 each; and of 11.87, 5.93 and 4.20, with remainders .87, .93 and .20."""
    assert turns([8, 1, 1], "equal") == [4, 3, 3]
    assert turns([4, 4, 2], at(1e9)) == [4, 3, 3]
    quotas = 22 * np.sqrt([16, 4, 2]) / np.sqrt([16, 4, 2]).sum()
    assert turns([16, 4, 2], at(2)) == [12, 6, 4]
    np.testing.assert_allclose(quotas, [11.87, 5.93, 4.20], atol=0.005)


def test_every_part_has_a_batch_of_each_member_where_there_is_room() -> None:
    assert turns([1, 1, 200], at(0.2), parts=10) == [10, 10, 182]
    assert turns([1, 1, 200], at(0.2)) == [1, 1, 200]
    assert min(turns([1, 1, 4], at(0.2), parts=3)) == 1  # parts of two turns hold no three members


@given(LENGTHS, MIXINGS, st.integers(1, 6))
def test_a_group_keeps_its_steps(lengths: list[int], mixing: Mixing, parts: int) -> None:
    found = turns(lengths, mixing, parts=parts)
    assert sum(found) == sum(lengths)
    assert min(found) >= 1
    if not is_proportional(mixing) and sum(lengths) // parts >= len(lengths):
        assert min(found) >= parts
    joint = turns(lengths, mixing, parts=parts, jointly=True)
    assert joint == [max(found)] * len(lengths)


@given(LENGTHS, st.floats(1.01, 50))
def test_temperature_lies_between_proportional_and_equal(lengths: list[int], temperature: float) -> None:
    own, found = np.array(lengths, dtype=float), shares(np.array(lengths, dtype=float), at(temperature))
    plain, equal = shares(own, "proportional"), shares(own, "equal")
    low, high = np.minimum(plain, equal), np.maximum(plain, equal)
    assert found.sum() == pytest.approx(1)
    largest = own == own.max()
    assert (found[largest] <= high[largest] + 1e-12).all()
    assert (found[largest] >= low[largest] - 1e-12).all()
    assert (np.argsort(found, kind="stable") == np.argsort(own, kind="stable")).all()


@given(LENGTHS)
def test_the_ends_of_the_scale(lengths: list[int]) -> None:
    assert turns(lengths, at(1)) == turns(lengths, "proportional") == lengths
    assert turns(lengths, at(1e12)) == turns(lengths, "equal")
    assert min(turns(lengths, at(1e-300))) >= 1


@given(st.integers(1, 500), MIXINGS)
def test_a_single_has_all_turns(length: int, mixing: Mixing) -> None:
    assert turns([length], mixing) == [length]
    assert turns([length], mixing, jointly=True) == [length]


@pytest.mark.parametrize("temperature", [0, -1.0])
def test_a_temperature_is_above_zero(temperature: float) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        at(temperature)
