"""Random divisions: units whole, strata even, nothing lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tasks.kinds import KINDS
from tasks.splits import divide, generator_for


def classes(targets: list[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    return KINDS["multiclass"].strata(np.asarray(targets))


def test_by_hand() -> None:
    """Ten rows of class 0 and ten of class 1, seven to three: exactly 7 and 3 of each."""
    targets = np.repeat([0, 1], 10)
    part = divide(np.arange(20), classes(targets), fractions=(0.7, 0.3), generator=np.random.default_rng(0))
    assert [int((targets[part == p] == c).sum()) for p in (0, 1) for c in (0, 1)] == [7, 7, 3, 3]


def test_the_largest_unit_goes_where_most_is_wanted() -> None:
    units = np.array([5] * 14 + [1, 1, 1, 2, 2, 2])
    part = divide(units, classes(np.zeros(20, int)), fractions=(0.7, 0.15, 0.15), generator=np.random.default_rng(0))
    assert part[:14].tolist() == [0] * 14
    assert sorted([part[14], part[17]]) == [1, 2]


@given(
    units=st.lists(st.integers(0, 12), min_size=1, max_size=80),
    seed=st.integers(0, 1000),
    fractions=st.lists(st.floats(0.05, 1.0), min_size=2, max_size=4),
)
def test_units_stay_whole_and_every_row_has_one_part(units: list[int], seed: int, fractions: list[float]) -> None:
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 3, size=len(units))
    part = divide(np.array(units), classes(targets), fractions=fractions, generator=generator)
    assert part.shape == (len(units),)
    assert set(part.tolist()) <= set(range(len(fractions)))
    for unit in set(units):
        assert len(set(part[np.array(units) == unit].tolist())) == 1


@given(seed=st.integers(0, 1000), counts=st.lists(st.integers(1, 60), min_size=2, max_size=6))
def test_classes_are_even_where_rows_are_free(seed: int, counts: list[int]) -> None:
    targets = np.repeat(np.arange(len(counts)), counts)
    fractions = (0.7, 0.15, 0.15)
    part = divide(np.arange(len(targets)), classes(targets), fractions=fractions, generator=np.random.default_rng(seed))
    for label, count in enumerate(counts):
        for p, fraction in enumerate(fractions):
            assert abs(int((part[targets == label] == p).sum()) - fraction * count) < 1.5
        assert (part[targets == label] == 0).any()  # a class of one row is in train


@given(seed=st.integers(0, 1000))
def test_labels_of_several_are_even(seed: int) -> None:
    generator = np.random.default_rng(seed)
    targets = (generator.random((200, 5)) < [0.05, 0.1, 0.3, 0.5, 0.9]).astype(np.float32)
    part = divide(np.arange(200), KINDS["multilabel"].strata(targets), fractions=(0.5, 0.5), generator=generator)
    assert abs(int((part == 0).sum()) - 100) <= 2
    assert (np.abs(targets[part == 0].sum(axis=0) - targets[part == 1].sum(axis=0)) <= 4).all()


def test_the_order_of_chance_depends_on_name_purpose_and_seed_alone() -> None:
    def first(task: str, seed: int, purpose: str) -> float:
        return float(generator_for(task, seed=seed, purpose=purpose).random())

    assert first("clone", 1, "halves") == first("clone", 1, "halves")
    others = {first("clone", 1, "splits"), first("clone", 2, "halves"), first("defect", 1, "halves")}
    assert len(others | {first("clone", 1, "halves")}) == 4


def test_another_seed_gives_another_division() -> None:
    def draw(seed: int) -> NDArray[np.int64]:
        generator = np.random.default_rng(seed)
        return divide(np.arange(40), classes([0] * 40), fractions=(0.5, 0.5), generator=generator)

    np.testing.assert_array_equal(draw(1), draw(1))
    assert (draw(1) != draw(2)).any()


def test_refuses_an_empty_share() -> None:
    with pytest.raises(ValueError, match="above 0"):
        divide(np.arange(3), classes([0, 0, 0]), fractions=(1.0, 0.0), generator=np.random.default_rng(0))
