"""Constants that are fitted to tables: they are what the tables were made with, and in force only for a time."""

import numpy as np
import pytest

from affinity.predictors import process_fit
from affinity.predictors.group_cells import EFFECTS, cells_of
from benchmarks.held_out import FLAT, Constants, fitted, in_force, own, start
from benchmarks.searches.table import SearchTable
from grouping.masks import all_members

LUCK = 0.04
"""Variance of a cell's own luck."""


def table(seed: int, *, decay: float) -> SearchTable:
    """Six tasks with effects of partners, little luck and nothing else."""
    generator = np.random.default_rng(seed)
    members = all_members(6)
    members = members[members.sum(axis=1) > 1]
    cells = cells_of(members, np.zeros(members.shape)).decayed(decay)
    effects = generator.normal(size=(6, 6))
    values = (cells.features("partner") * effects[cells.target]).sum(axis=1)
    gains = np.zeros(members.shape)
    gains[cells.group, cells.target] = values + np.sqrt(LUCK) * generator.normal(size=len(values))
    return SearchTable.of(members, gains, gains)


@pytest.mark.parametrize("decay", [0.3, 0.9])
def test_what_tables_have_in_common_is_found(decay: float) -> None:
    found = fitted([table(seed, decay=decay) for seed in range(2)])
    assert found.decay == pytest.approx(decay, abs=0.15)
    assert found.variances["partner"] > 10 * max(found.variances[name] for name in ("level", "source", "trend", "run"))
    ratio = found.variances["misfit"] / found.variances["partner"]
    assert ratio == pytest.approx(LUCK, rel=0.5)
    assert found.variances["guess"] == pytest.approx(FLAT), "no table has a guess"


def test_constants_are_in_force_for_a_time() -> None:
    before = own()
    other = Constants(dict.fromkeys(EFFECTS, 2.0), (0.1, 0.2), 0.9)
    with in_force(other, MEAN_WIDTH=7.0):
        assert own() == other
        assert process_fit.MEAN_WIDTH == 7.0
    assert own() == before != start()
    assert process_fit.MEAN_WIDTH != 7.0
