"""Figures of merit, worked out by hand."""

import numpy as np
import pytest

from benchmarks.searches.curves import MOST, area, efficiency, models_needed, points, regret, step_area

AT = (1, 2, 4, 8)
VALUES = (0.0, 1.0, 0.5, 3.0)
"""Running maximum: 0, 1, 1, 3."""


@pytest.mark.parametrize(
    ("value", "models"),
    [(-1.0, 1.0), (0.0, 1.0), (0.25, 1.25), (1.0, 2.0), (2.0, 6.0), (3.0, 8.0), (3.1, np.inf)],
)
def test_models_needed_are_read_from_the_running_maximum(value: float, models: float) -> None:
    assert models_needed(AT, VALUES, value) == pytest.approx(models)


def test_efficiency_is_a_ratio_of_models() -> None:
    assert efficiency(AT, VALUES, value=2.0, models=3, size=100) == pytest.approx(2.0)
    assert efficiency(AT, VALUES, value=-1.0, models=4, size=100) == pytest.approx(0.25)


def test_efficiency_is_counted_up_to_four_and_to_the_end_of_the_table() -> None:
    assert efficiency(AT, VALUES, value=9.0, models=10, size=100) == MOST
    assert efficiency(AT, VALUES, value=9.0, models=10, size=26) == pytest.approx(2.6)
    assert efficiency(AT, VALUES, value=3.0, models=1, size=100) == MOST


def test_a_search_as_good_as_random_has_efficiency_one() -> None:
    rising = np.sqrt(np.arange(1, 41)).tolist()
    for models in (6, 10, 15):
        value = rising[models - 1]
        assert efficiency(range(1, 41), rising, value=value, models=models, size=40) == pytest.approx(1.0)


def test_regret_is_a_share_of_the_way_to_the_best() -> None:
    assert regret(3.0, best=3.0, usual=1.0) == 0.0
    assert regret(1.0, best=3.0, usual=1.0) == 1.0
    assert regret(2.5, best=3.0, usual=1.0) == pytest.approx(0.25)
    assert regret(4.0, best=3.0, usual=1.0) == pytest.approx(-0.5)
    assert regret(1.0, best=1.0, usual=1.0) is None


def test_points_hold_every_early_number_the_budgets_and_the_last() -> None:
    found = points(80, (6, 10, 55))
    assert found[:20] == list(range(1, 21))
    assert 55 in found
    assert found[-1] == 80
    assert found == sorted(set(found))
    assert points(10, (6, 10, 15)) == list(range(1, 11))


def test_area_is_the_mean_height() -> None:
    assert area((1, 3), (0.0, 1.0), until=3) == pytest.approx(0.5)
    assert area((1, 3, 9), (0.0, 1.0, 7.0), until=3) == pytest.approx(0.5)
    assert area((1, 3), (0.0, 1.0), until=5) == pytest.approx(0.75)


def test_step_area_holds_each_value_until_the_next_model() -> None:
    assert step_area((2, 4), (1.0, 3.0), start=2, until=6) == pytest.approx(2.0)
    assert step_area((2, 4), (1.0, 3.0), start=0, until=4) == pytest.approx(1.0)
    assert step_area((2, 4), (1.0, 3.0), start=3, until=5) == pytest.approx(2.0)
