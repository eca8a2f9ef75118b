"""What is worth training, by hand."""

import numpy as np
import pytest

from grouping.masks import mask_of
from grouping.objective import BestGain, FewestAdapters
from grouping.partition import Group, Partition
from grouping.rounds.acquisition import fewest_untrained, utilities, worth_training
from grouping.rounds.posterior import Posterior
from grouping.solvers import SubsetDP
from grouping.universe import EveryGroup
from tasks.errors import InputError
from tests.grouping.worlds import names

TASKS = names(4)
SINGLES = Partition.singles(TASKS)
AB, CD, ALL = ("a", "b"), ("c", "d"), TASKS


def beliefs(draws: dict[Group, list[float]], broken: dict[Group, list[float]] | None = None) -> Posterior:
    """Two draws of the totals; groups that are not named gain 0 and keep their floors."""
    totals, shortfalls = np.zeros((2, 16)), np.full((2, 16), -1.0)
    totals[:, 0] = -np.inf
    for group, values in draws.items():
        totals[:, mask_of(group, TASKS)] = values
    for group, values in (broken or {}).items():
        shortfalls[:, mask_of(group, TASKS)] = values
    return Posterior(
        EveryGroup(TASKS), np.zeros((16, 4)), totals.mean(axis=0), shortfalls.mean(axis=0), totals, shortfalls
    )


def chosen(
    proposals: list[Partition], believed: Posterior, *, batch: int = 9, models: int = 9, trained: tuple[Group, ...] = ()
) -> tuple[Group, ...]:
    return worth_training(
        proposals, incumbent=SINGLES, trained=trained, beliefs=believed, objective=BestGain(), cost=len, batch=batch,
        models=models, tolerance=0.001,
    )  # fmt: skip


def test_utilities() -> None:
    believed = beliefs({AB: [0.4, -0.8]}, broken={AB: [0.5, -0.5]})
    partition = Partition.of([AB, "c", "d"])
    assert utilities(partition, believed, BestGain()) == pytest.approx([-0.0, -0.2])
    assert utilities(partition, believed, FewestAdapters(margins={})) == pytest.approx([-5.0, -3.2])


def test_the_most_expected_improvement_per_cost_comes_first() -> None:
    pairs, every = Partition.of([AB, CD]), Partition.together(TASKS)
    half = Partition.of([AB, "c", "d"])
    # Improvements: pairs 0.05 for 4, half 0.05 for 2, all-together 0.15 for 4, losses count as nothing.
    believed = beliefs({AB: [0.4, -0.4], CD: [0.0, 0.0], ALL: [1.2, -9.0]})
    assert chosen([pairs, half, every], believed, batch=1) == (ALL,)
    assert chosen([pairs, half, every], believed) == (ALL, AB, CD)
    assert chosen([half, every], believed, trained=(ALL,)) == (AB,)


def test_a_proposal_is_bought_whole_or_not_at_all() -> None:
    pairs = Partition.of([AB, CD])
    believed = beliefs({AB: [0.4, 0.4], CD: [0.4, 0.4]})
    assert chosen([pairs], believed, batch=1) == (AB, CD)
    assert chosen([pairs], believed, models=1) == ()
    assert chosen([pairs], believed, models=1, trained=(CD,)) == (AB,)


def test_what_is_not_expected_to_improve_is_left() -> None:
    assert chosen([Partition.of([AB, CD])], beliefs({AB: [-0.1, 0.0], CD: [0.003, 0.0]})) == ()


def test_without_an_incumbent_the_highest_worth_is_bought_alone() -> None:
    believed = beliefs({AB: [0.4, 0.4], CD: [0.4, 0.4], ALL: [0.5, 0.5]})
    bought = worth_training(
        [Partition.together(TASKS), Partition.of([AB, CD])], incumbent=None, trained=(), beliefs=believed,
        objective=BestGain(), cost=len, batch=5, models=5, tolerance=0.0,
    )  # fmt: skip
    assert bought == (AB, CD)


def test_fewest_untrained() -> None:
    trained = np.zeros(16, dtype=bool)
    trained[[mask_of(group, TASKS) for group in ["a", "b", "c", "d", AB]]] = True
    believed = beliefs({ALL: [-5.0, -5.0], CD: [0.1, 0.1]})
    assert fewest_untrained(trained, believed, objective=BestGain(max_adapters=2), solver=SubsetDP()) == (CD,)
    assert fewest_untrained(trained, believed, objective=BestGain(max_adapters=1), solver=SubsetDP()) == (ALL,)
    assert fewest_untrained(trained, believed, objective=BestGain(), solver=SubsetDP()) == ()
    nothing = beliefs({ALL: [-np.inf, -np.inf]})
    with pytest.raises(InputError, match="no grouping is left"):
        fewest_untrained(trained, nothing, objective=BestGain(max_adapters=1), solver=SubsetDP())
