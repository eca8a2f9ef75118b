"""Cells of groups and what makes two of them alike, against the table of effects written out."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affinity.predictors.group_cells import (
    COMMON,
    EFFECTS,
    FEW_PARTNERS,
    LUCK,
    MOST_PAIRS,
    OWN,
    ROOT,
    SHARED_OUT,
    Cells,
    cells_of,
    kernels,
)
from tests.affinity.predictor_contract import EVERY, Array

GROUPS = EVERY[EVERY.sum(axis=1) > 1]
ROUNDING = 1e-12
"""Products of a few numbers of size one in another order."""


def guesses(seed: int) -> Array:
    found: Array = np.random.default_rng(seed).normal(size=GROUPS.shape)
    return found


def shared(effect: str, cells: Cells, guess: Array, one: int, two: int) -> float:
    """What two cells share by an effect of variance 1: the slow reference, from sets of names."""
    (i, t), (j, u) = ((int(cells.group[c]), int(cells.target[c])) for c in (one, two))
    left, right = (set(np.flatnonzero(GROUPS[row]).tolist()) - {target} for row, target in ((i, t), (j, u)))
    k, m, both = len(left), len(right), len(left & right)
    sizes = np.log((k + 1) / 2) * np.log((m + 1) / 2)
    trust = guess[i, t] * guess[j, u]
    partners = both / np.sqrt(k * m)
    pairs = max(k * (k - 1) / 2, 1) * max(m * (m - 1) / 2, 1)
    of_all = {
        "trend": sizes,
        "every": float(k == m == 4),
        "source": partners,
        "mutual": partners if t == u else float(u in left and t in right) / np.sqrt(k * m),
        "guess": trust,
        "run": float(i == j),
        "misfit": float(one == two),
    }
    of_one = {
        "level": 1.0,
        "slope": sizes,
        "partner": partners,
        "own_guess": trust,
        "pair": both * (both - 1) / 2 / np.sqrt(pairs),
    }
    return float(of_all[effect] if effect in of_all else of_one[effect] * (t == u))


def test_features_by_hand() -> None:
    """The group {b, c, d} of four tasks, and all of them."""
    members = np.array([[0, 1, 1, 1], [1, 1, 1, 1]], dtype=bool)
    guess = np.arange(8.0).reshape(2, 4)
    cells = cells_of(members, guess)
    assert cells.group.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert cells.target.tolist() == [1, 2, 3, 0, 1, 2, 3]
    np.testing.assert_allclose(cells.size, np.log([1.5] * 3 + [2.0] * 4))
    np.testing.assert_array_equal(cells.features("every")[:, 0], [0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_allclose(cells.features("source")[0], np.array([0, 0, 1, 1]) / np.sqrt(2))
    np.testing.assert_allclose(cells.features("partner")[3], np.array([0, 1, 1, 1]) / np.sqrt(3))
    np.testing.assert_array_equal(cells.features("guess")[:, 0], [1, 2, 3, 4, 5, 6, 7])
    np.testing.assert_array_equal(cells.features("own_guess"), cells.features("guess"))
    np.testing.assert_allclose(cells.features("pair")[0], [0, 0, 0, 0, 0, 1])  # c with d alone
    np.testing.assert_allclose(cells.features("pair")[6], np.array([1, 1, 0, 1, 0, 0]) / np.sqrt(3))
    assert cells.same_target.sum() == 1 + 3 * 4
    assert cells.same_group.sum() == 9 + 16


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_makes_cells_alike_as_its_row_says(effect: str) -> None:
    guess = guesses(0)
    cells = cells_of(GROUPS, guess)
    kernel = kernels(cells)[EFFECTS.index(effect)]
    every = range(len(cells.group))
    expected = [[shared(effect, cells, guess, one, two) for two in every] for one in every]
    np.testing.assert_allclose(kernel, expected, atol=ROUNDING)


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
def test_effects_of_single_partners_thin_out(decay: float) -> None:
    """By the power of their number that is asked for, and not beside :data:`FEW_PARTNERS`; nothing else changes."""
    cells = cells_of(GROUPS, guesses(2))
    plain, thin = kernels(cells), kernels(cells.decayed(decay))
    number = GROUPS.sum(axis=1)[cells.group] - 1.0
    factor = (number / FEW_PARTNERS) ** (ROOT - decay)
    for index, effect in enumerate(EFFECTS):
        expected = plain[index] * (np.outer(factor, factor) if effect in SHARED_OUT else 1.0)
        np.testing.assert_allclose(thin[index], expected, atol=ROUNDING)
    common, own = cells.shared_out
    both = [*cells.kinds[: cells.common.shape[1]][common], *cells.kinds[cells.common.shape[1] :][own]]
    assert {EFFECTS[kind] for kind in both} == set(SHARED_OUT)
    assert len(both) == 5 + 10 + 5


def test_every_feature_belongs_to_one_effect() -> None:
    assert (*COMMON, *OWN, *LUCK) == EFFECTS
    cells = cells_of(GROUPS, guesses(1))
    assert len(cells.kinds) == cells.common.shape[1] + cells.own.shape[1]
    widths = {effect: cells.features(effect).shape[1] for effect in (*COMMON, *OWN)}
    assert widths == {"trend": 1, "every": 1, "source": 5, "mutual": 10, "guess": 1, "level": 1, "slope": 1,
                      "partner": 5, "own_guess": 1, "pair": 10}  # fmt: skip


@settings(max_examples=15)
@given(order=st.sampled_from(list(permutations(range(5)))), seed=st.integers(0, 99))
def test_the_order_of_tasks_only_orders_cells(order: tuple[int, ...], seed: int) -> None:
    variances = np.random.default_rng(seed).uniform(size=len(EFFECTS))
    guess = guesses(seed)
    place = np.array(order)
    plain, turned = cells_of(GROUPS, guess), cells_of(GROUPS[:, place], guess[:, place])
    where = {
        (g, t): c for c, (g, t) in enumerate(zip(turned.group.tolist(), place[turned.target].tolist(), strict=True))
    }
    at = [where[g, t] for g, t in zip(plain.group.tolist(), plain.target.tolist(), strict=True)]
    one, two = (np.tensordot(variances, kernels(of), 1) for of in (plain, turned))
    np.testing.assert_allclose(two[np.ix_(at, at)], one, atol=ROUNDING)
    assert np.linalg.eigvalsh(one).min() > -1e-9, "a covariance"


def test_of_many_tasks_two_partners_together_have_no_effect() -> None:
    members = np.ones((1, MOST_PAIRS + 1), dtype=bool)
    cells = cells_of(members, np.zeros(members.shape))
    assert cells.features("pair").shape == (MOST_PAIRS + 1, 0)
    assert not kernels(cells)[EFFECTS.index("pair")].any()
    few = cells_of(members[:, 1:], np.zeros((1, MOST_PAIRS)))
    assert few.features("pair").shape == (MOST_PAIRS, MOST_PAIRS * (MOST_PAIRS - 1) // 2)


def test_no_groups_have_no_cells() -> None:
    cells = cells_of(GROUPS[:0], np.zeros((0, 5)))
    assert kernels(cells).shape == (len(EFFECTS), 0, 0)
