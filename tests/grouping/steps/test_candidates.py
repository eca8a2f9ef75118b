"""Groups worth a closer look: never asked before, and the good ones among them."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictor import Prediction
from grouping.rows import UNSERVED, Rows
from grouping.solvers.selection import Mode
from grouping.steps.candidates import Listed, promising, worlds
from grouping.steps.effort import Effort
from tests.grouping.worlds import Array, Independent, names


@dataclass(frozen=True, eq=False)
class Kin:
    """A predictor that is sure: members gain by the share of their group that is kin."""

    tasks: tuple[str, ...]
    home: NDArray[np.intp]

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        alike = (self.home[:, None] == self.home).astype(np.float64)
        share = members @ alike / members.sum(axis=1)[:, None] - 0.6
        found = np.where(members, share, np.nan)
        return np.repeat(found[None], draws, axis=0)

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        mean = self.draw(members, draws=1, generator=np.random.default_rng(0))[0]
        return Prediction(mean, 0.0 * mean)

    def update(self, measured: object) -> "Kin":
        return self


def known_of(members: NDArray[np.bool_], count: int, *, value: float = 0.1) -> Array:
    """Trained groups of this value, and singles."""
    every = np.concatenate([members, np.eye(count, dtype=bool)])
    known = np.where(every, value, UNSERVED)
    known[len(members) :][np.diag_indices(count)] = 0.0
    return known


def masks(members: NDArray[np.bool_]) -> list[int]:
    found: list[int] = (members @ (1 << np.arange(members.shape[1]))).tolist()
    return found


def test_of_a_few_groups_all_that_are_left_are_looked_at() -> None:
    rows = Rows.every(names(4))
    listed = Listed(rows, adapters=2, mode="cover", effort=Effort.of(4))
    gains = Independent(names(4), 0.1, {})
    known = known_of(np.array([[True] * 4]), 4)
    trained = Rows.of([rows.tasks], rows.tasks)
    looked = listed.look(gains, closed=[15, 3], trained=trained, known=known, generator=np.random.default_rng(0))
    assert masks(looked) == [m for m in range(3, 16) if m.bit_count() > 1 and m not in (15, 3)]
    every = {int(mask) for mask in rows.masks}
    none = listed.look(gains, closed=every, trained=trained, known=known, generator=np.random.default_rng(0))
    assert none.shape == (0, 4)


@pytest.mark.parametrize("mode", ["partition", "cover"])
def test_of_a_large_pool_the_planted_groups_are_looked_at(mode: Mode) -> None:
    tasks, home = names(11), np.arange(11) % 3
    rows = Rows.every(tasks)
    listed = Listed(rows, adapters=3, mode=mode, effort=Effort.of(11))
    everything = np.ones((1, 11), dtype=bool)
    closed = {(1 << 11) - 1}
    looked = listed.look(
        Kin(tasks, home),
        closed=closed,
        trained=Rows.of([tasks], tasks),
        known=known_of(everything, 11),
        generator=np.random.default_rng(1),
    )
    assert len(looked) <= Effort.of(11).looked_at + Effort.of(11).imagined
    assert len(set(masks(looked))) == len(looked)
    assert not closed & set(masks(looked))
    planted = [sum(1 << t for t in range(11) if home[t] == number) for number in range(3)]
    assert set(planted) <= set(masks(looked))


def test_draws_hold_unserved_outside_of_groups_and_come_in_any_order() -> None:
    members = np.array([[True, True, False]])
    gains = Independent(names(3), 0.1, {})
    found = worlds(gains, members, draws=50, generator=np.random.default_rng(0))
    assert found.shape == (50, 1, 3)
    assert np.all(found[:, 0, 2] == UNSERVED)
    plain = gains.draw(members, draws=50, generator=np.random.default_rng(0))
    assert not np.array_equal(found[:, 0, 0], plain[:, 0, 0])
    np.testing.assert_array_equal(np.sort(found[:, 0, 0]), np.sort(plain[:, 0, 0]))


def test_promising_by_hand() -> None:
    """One is better for a than what a has, one has the highest sum, one is neither."""
    known = np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0, UNSERVED, UNSERVED], [UNSERVED, 0, UNSERVED]])
    members = np.array([[True, True, False], [True, True, True], [True, True, False]])
    predicted = Prediction(np.array([[0.9, -5.0, np.nan], [0.4, 0.4, 0.4], [0.1, 0.1, np.nan]]), np.zeros((3, 3)))
    assert promising(predicted, members, known, 2).tolist() == [0, 1]
    assert promising(predicted, members, known, 9).tolist() == [0, 1, 2]


def test_two_groups_that_hold_a_task_are_what_it_has() -> None:
    """A task that one group alone serves well has the mean of its best two; singles count."""
    known = np.array([[1.0, 1.0], [0.0, UNSERVED], [UNSERVED, 0.0]])
    predicted = Prediction(np.array([[0.4, 0.4], [0.6, 0.3], [0.4, 0.45]]), np.zeros((3, 2)))
    assert promising(predicted, np.ones((3, 2), dtype=bool), known, 2).tolist() == [1, 2]


def test_what_is_uncertain_may_be_better() -> None:
    """Expected improvement, as the mean over draws has it."""
    members, known = np.ones((3, 2), dtype=bool), np.zeros((2, 2))
    mean = np.array([[0.3, -0.1], [-0.2, 0.0], [0.0, 0.0]])
    error = np.array([[0.1, 0.1], [0.9, 0.8], [0.0, 0.0]])
    draws = mean + error * np.random.default_rng(0).standard_normal((40_000, 3, 2))
    better = np.maximum(draws, 0.0).sum(axis=2).mean(axis=0)
    assert better.argmax() == 1
    assert promising(Prediction(mean, error), members, known, 2).tolist() == [0, 1], "one by each of both"
    assert promising(Prediction(mean, error), members, known, 3).tolist() == [0, 1, 2]
