"""Objectives: floors by hand, which number of groups is taken, and the suite's field."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from grouping.constraints import Alone, Apart, MaxTasks, Together
from grouping.objective import BestGain, FewestAdapters, Grouping

NONE = -np.inf


def test_best_gain_takes_the_highest_sum_and_of_equals_the_fewest_adapters() -> None:
    assert BestGain().pick(np.array([0.1, 0.5, 0.5, 0.0])) == 2
    assert BestGain().pick(np.array([NONE, NONE, -0.3])) == 3
    assert BestGain().pick(np.array([NONE, NONE])) is None


def test_fewest_adapters_takes_the_first_that_is_admissible() -> None:
    objective = FewestAdapters(margins={})
    assert objective.pick(np.array([NONE, 0.1, 0.5])) == 2
    assert objective.pick(np.array([NONE, NONE])) is None


def test_shortfall_by_hand() -> None:
    objective = FewestAdapters(margins={"a": 1.0, "b": 2.0, "c": 1.0}, confidence=0.95)
    deltas = np.array([[0.5, -1.0, np.nan], [0.0, np.nan, np.nan]])
    errors = np.array([[0.5, 1.0, np.nan], [0.0, np.nan, np.nan]])
    # a: -1 - (0.5 - 0.98) = -0.52; b: -2 - (-1 - 1.96) = 0.96; the single keeps its whole margin.
    np.testing.assert_allclose(objective.shortfall(deltas, errors, ("a", "b", "c")), [0.96, -1.0], atol=1e-4)
    without = objective.shortfall(deltas, np.zeros(3), ("a", "b", "c"))
    np.testing.assert_allclose(without, [-1.0, -1.0])


def test_best_gain_has_no_floors() -> None:
    shortfall = BestGain().shortfall(np.full((5, 2, 3), -99.0), np.zeros(3), ("a", "b", "c"))
    assert shortfall.shape == (5, 2)
    assert (shortfall == -np.inf).all()


def test_the_field_of_a_suite() -> None:
    field = TypeAdapter(Grouping).validate_python(
        {"objective": "fewest_adapters", "max_adapters": 3, "together": [["a", "b"]], "apart": [["a", "c"]],
         "alone": ["d"], "max_tasks": 4, "confidence": 0.9}
    )  # fmt: skip
    margins = {"a": 1.0}
    assert field.to_objective(margins) == FewestAdapters(margins=margins, max_adapters=3, confidence=0.9)
    assert field.to_constraints().rules == (
        Together(first="a", second="b"), Apart(first="a", second="c"), Alone(task="d"), MaxTasks(tasks=4)
    )  # fmt: skip
    assert Grouping().to_objective({}) == BestGain(max_adapters=None)


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ({"objective": "most_gain"}, "objective"),
        ({"max_adapters": 0}, "max_adapters"),
        ({"mode": "overlap"}, "mode"),
        ({"together": [["a"]]}, "together"),
        ({"max_adapter": 2}, "max_adapter"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_the_field_refuses(field: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Grouping).validate_python(field)
    assert caught.value.errors()[0]["loc"][0] == place


def test_refuses_a_confidence_of_one() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, but got 1\.0"):
        FewestAdapters(margins={}, confidence=1.0)
