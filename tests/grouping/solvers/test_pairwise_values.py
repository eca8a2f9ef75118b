"""Values of groups told by pairs: by hand, against a loop over pairs, and what is refused."""

import numpy as np
import pytest

from grouping.partition import Partition
from grouping.solvers import PairwiseValues
from tests.grouping.solvers.pairwise_worlds import some_values, worth
from tests.grouping.worlds import names


def test_a_group_by_hand() -> None:
    effects = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 4.0], [5.0, 6.0, 0.0]])
    values = PairwiseValues.shrinking(
        effects, power=1.0, level=np.array([1.0, 10.0, 100.0]), trend=np.array([9, 0.5, 2])
    )
    members = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=np.bool_)
    assert values.of(members).tolist() == [21 / 2 + 111 + 6, 4 + 11 + 1, 0, 0]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_agrees_with_a_loop_over_pairs(power: float) -> None:
    generator, tasks = np.random.default_rng(1), names(9)
    values = some_values(9, "trends", power, generator)
    members = generator.random((40, 9)) < 0.5
    groups = [[task for task, member in zip(tasks, row, strict=True) if member] for row in members]
    by_hand = [worth(Partition.of([group]), values, tasks) if group else 0.0 for group in groups]
    np.testing.assert_allclose(values.of(members), by_hand, atol=1e-12)


def test_the_mean_of_partners_does_not_grow_with_their_number() -> None:
    values = PairwiseValues.shrinking(1.0 - np.eye(6), power=1.0)
    assert values.of(np.tri(6, dtype=np.bool_)).tolist() == [0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"effects": np.zeros((2, 3))}, r"effects of shape \(T, T\), but got \(2, 3\)"),
        ({"level": np.zeros(2)}, r"`level` of shape \(3,\), but got \(2,\)"),
        ({"trend": np.array([0, np.nan, 0])}, "finite `trend`"),
        ({"effects": np.array([[0, np.inf, 0], [0, 0, 0], [0, 0, 0]])}, "finite `effects`"),
        ({"scale": np.array([1, -0.5, 1])}, r"`scale` of 0 or more, but got -0\.5"),
        ({"effects": np.eye(3)}, "diagonal of 0"),
    ],
)
def test_refusals(changed: dict[str, np.ndarray], message: str) -> None:
    given = {"effects": np.zeros((3, 3)), "level": np.zeros(3), "scale": np.ones(3), "trend": np.zeros(3)}
    with pytest.raises(ValueError, match=message):
        PairwiseValues(**{**given, **changed})


def test_refuses_members_of_other_tasks() -> None:
    with pytest.raises(ValueError, match=r"members of shape \(G, 2\), but got \(1, 3\)"):
        PairwiseValues.shrinking(np.zeros((2, 2)), power=1.0).of(np.ones((1, 3), dtype=np.bool_))
