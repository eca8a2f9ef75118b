"""What any predictor of group gains owes: a class of tests to inherit.

class TestMine(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return Mine.fit
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictor import GainPredictor, Measured

Array = NDArray[np.float64]
Fit = Callable[[Sequence[str], Sequence[Measured]], GainPredictor]
"""From tasks and measurements to a predictor."""

NAMES = ("a", "b", "c", "d", "e")
EVERY = np.array(list(np.ndindex(*[2] * 5)))[1:].astype(bool)  # all groups of five tasks, shape: (31, 5)
ALONE = EVERY & (EVERY.sum(axis=1) == 1)[:, None]
SHARED = EVERY & ~ALONE
DRAWS = 4008
"""A multiple of the sets of sizes that a predictor may divide its draws among."""
FIVE_ERRORS = 5 / np.sqrt(DRAWS)
"""Five standard errors of a mean of draws, in standard deviations."""
LONG_TAILS = 0.15
"""Most relative error of a standard deviation of draws, where some worlds are wider than others."""


def effects(seed: int) -> Array:
    """Gains of all groups: partners add up to a mean, large groups lose, and something else; shape ``(31, 5)``."""
    generator = np.random.default_rng(seed)
    partners = 0.1 * generator.normal(size=(5, 5)) + 0.05 * generator.normal(size=5)
    np.fill_diagonal(partners, 0)
    size = EVERY.sum(axis=1)
    gains = EVERY @ partners / np.maximum(size - 1, 1)[:, None] - 0.05 * np.log(size / 2)[:, None]
    return np.asarray(gains + 0.02 * generator.normal(size=EVERY.shape), dtype=np.float64)


def measured(gains: Array, rows: Sequence[int], *, error: float = 0.02, shared: float = 0.0) -> list[Measured]:
    """Some groups, as they were measured."""
    found = []
    for row in rows:
        at = np.flatnonzero(EVERY[row])
        size = len(at)
        group = tuple(NAMES[t] for t in at.tolist())
        found.append(Measured(group, gains[row, at], np.full(size, error), np.full(size, shared)))
    return found


def rows_of(*groups: str) -> list[int]:
    """Where these groups stand in EVERY."""
    wanted = [np.array([name in group for name in NAMES]) for group in groups]
    return [int(np.flatnonzero((of == EVERY).all(axis=1))[0]) for of in wanted]


PAIRS = rows_of(*("".join(pair) for pair in combinations(NAMES, 2)))
WHOLE = rows_of("abcde")


class PredictorContract:
    """The laws. A subclass gives the fixture ``fit``."""

    order_tolerance: ClassVar[float] = 1e-3
    """How far the order of tasks may move a mean, in stated errors: what an optimiser leaves open."""

    @pytest.fixture
    def told(self, fit: Fit) -> GainPredictor:
        """After all pairs but three, and the group of all."""
        return fit(NAMES, measured(effects(0), [*PAIRS[:7], *WHOLE], shared=0.01))

    def test_shapes_and_what_is_exactly_known(self, told: GainPredictor) -> None:
        assert told.tasks == NAMES
        said = told.predict(EVERY)
        drawn = told.draw(EVERY, draws=3, generator=np.random.default_rng(0))
        assert said.mean.shape == said.error.shape == EVERY.shape
        assert drawn.shape == (3, *EVERY.shape)
        for values in (said.mean, said.error, *drawn):
            np.testing.assert_array_equal(np.isnan(values), ~EVERY)
            assert np.all(values[ALONE] == 0)
        assert np.all(said.error[SHARED] > 0)
        assert np.all(np.isfinite(said.mean[SHARED]))

    def test_no_group_and_singles_alone_can_be_asked_for(self, told: GainPredictor) -> None:
        for members in (EVERY[:0], np.eye(5, dtype=bool)):
            said = told.predict(members)
            drawn = told.draw(members, draws=2, generator=np.random.default_rng(0))
            assert said.mean.shape == said.error.shape == drawn.shape[1:] == members.shape
            assert np.all(drawn[:, members] == 0)

    def test_groups_are_predicted_alike_whatever_else_is_asked(self, told: GainPredictor) -> None:
        whole = told.predict(EVERY)
        rows = [30, 5, 12, 5]
        some = told.predict(EVERY[rows])
        np.testing.assert_allclose(some.mean, whole.mean[rows], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(some.error, whole.error[rows], rtol=1e-6, atol=1e-12)

    def test_draws_have_the_predicted_moments(self, told: GainPredictor) -> None:
        said = told.predict(EVERY)
        drawn = told.draw(EVERY, draws=DRAWS, generator=np.random.default_rng(1))
        away = (drawn.mean(axis=0) - said.mean)[SHARED] / said.error[SHARED]
        np.testing.assert_allclose(away, 0, atol=FIVE_ERRORS)
        np.testing.assert_allclose(drawn.std(axis=0)[SHARED] / said.error[SHARED], 1, atol=LONG_TAILS)

    def test_a_group_asked_for_twice_has_one_value_in_a_draw(self, told: GainPredictor) -> None:
        drawn = told.draw(EVERY[[30, 5, 30, 12, 5]], draws=4, generator=np.random.default_rng(2))
        np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
        np.testing.assert_array_equal(drawn[:, 1], drawn[:, 4])
        assert not np.array_equal(drawn[0, 0], drawn[1, 0])

    def test_seeds_decide_and_nothing_is_changed(self, fit: Fit, told: GainPredictor) -> None:
        before = told.predict(EVERY)
        one, two, other = (told.draw(EVERY, draws=3, generator=np.random.default_rng(of)) for of in (3, 3, 4))
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one[:, SHARED], other[:, SHARED])
        told.update(measured(effects(9), rows_of("abc")))
        again = fit(NAMES, measured(effects(0), [*PAIRS[:7], *WHOLE], shared=0.01)).predict(EVERY)
        for same in (told.predict(EVERY), again):
            np.testing.assert_array_equal(same.mean, before.mean)
            np.testing.assert_array_equal(same.error, before.error)

    def test_told_in_two_steps_is_told_at_once(self, fit: Fit) -> None:
        """In what was measured: how sizes are fitted in between is each predictor's own."""
        gains = effects(5)
        first, second = measured(gains, [*PAIRS[:7], *WHOLE], error=0.0), measured(gains, rows_of("abc"), error=0.0)
        rows = [*PAIRS[:7], *WHOLE, *rows_of("abc")]
        at = EVERY[rows]
        stepwise, at_once = fit(NAMES, first).update(second), fit(NAMES, [*first, *second])
        np.testing.assert_allclose(stepwise.predict(at).mean[at], gains[rows][at], atol=1e-3)
        np.testing.assert_allclose(stepwise.predict(at).mean[at], at_once.predict(at).mean[at], atol=1e-3)

    def test_a_group_measured_again_is_replaced(self, fit: Fit) -> None:
        gains, wrong = effects(6), effects(7)
        rows = [*PAIRS, *rows_of("abc")]
        told = fit(NAMES, measured(wrong, rows, error=0.0)).update(measured(gains, rows, error=0.0))
        at = EVERY[rows]
        np.testing.assert_allclose(told.predict(at).mean[at], gains[rows][at], atol=1e-3)

    def test_a_large_measured_error_draws_to_the_middle(self, fit: Fit) -> None:
        gains = effects(8)
        spreads = [np.nanstd(fit(NAMES, measured(gains, PAIRS, error=of)).predict(EVERY[PAIRS]).mean, axis=0)
                   for of in (0.001, 0.3)]  # fmt: skip
        assert np.all(spreads[1] < 0.5 * spreads[0])

    def test_the_order_of_tasks_and_of_members_does_not_matter(self, fit: Fit) -> None:
        gains = effects(10)
        told = measured(gains, [*PAIRS, *rows_of("abd")], shared=0.01)
        plain = fit(NAMES, told).predict(EVERY)
        for order in (("e", "b", "d", "a", "c"), ("d", "e", "c", "b", "a")):
            place = [order.index(name) for name in NAMES]
            members = np.zeros_like(EVERY)
            members[:, place] = EVERY
            turned = [Measured(m.group[::-1], m.mean[::-1], m.error[::-1], m.shared) for m in reversed(told)]
            other = fit(order, turned).predict(members)
            away = (other.mean[:, place] - plain.mean)[SHARED] / plain.error[SHARED]
            np.testing.assert_allclose(away, 0, atol=self.order_tolerance)
            ratio = other.error[:, place][SHARED] / plain.error[SHARED]
            assert np.median(np.abs(np.log(ratio))) < self.order_tolerance

    def test_refusals(self, fit: Fit, told: GainPredictor) -> None:
        with pytest.raises(ValueError, match="members among"):
            fit(NAMES, [Measured(("a", "z"), np.zeros(2), np.zeros(2))])
        with pytest.raises(ValueError, match="members among"):
            told.update([Measured(("a", "z"), np.zeros(2), np.zeros(2))])
        wrong = np.ones((3, 4), dtype=bool)
        with pytest.raises(ValueError, match=r"shape \(G, 5\)"):
            told.predict(wrong)
        with pytest.raises(ValueError, match=r"shape \(G, 5\)"):
            told.draw(wrong, draws=1, generator=np.random.default_rng(0))
