"""A search that is told all but luck: its predictions are the planted ones, and they serve it."""

import numpy as np
import pytest

from affinity.predictor import Measured
from benchmarks.searches.knowing import Known, knowing
from benchmarks.searches.methods import METHODS, OURS
from benchmarks.searches.oracle import Oracle, Problem
from benchmarks.searches.planted import MISFIT, RUN, planted
from benchmarks.searches.table import SearchTable
from grouping.solvers.selection import Mode

DRAWS = 4000
SAMPLED = 0.1
"""Of a standard deviation from so many draws, relative."""


@pytest.mark.parametrize("mode", ["partition", "cover"])
def test_budget_and_adapters_are_kept(mode: Mode) -> None:
    problem = Problem(planted("chains", tasks=5, seed=1), 2, mode)
    oracle = Oracle(problem, 7)
    choice_after = knowing(oracle, seed=0)
    assert len(set(oracle.trained)) == len(oracle.trained) == 7
    assert len(np.unique(choice_after(7))) <= 2


def test_draws_are_what_is_planted_and_luck_of_a_run_is_shared() -> None:
    table = planted("hubs", tasks=5, seed=2).permuted(3)
    assert table.origin is not None
    gains = Known.of(Problem(table, 2, "cover"))
    members = table.rows.members[: table.size]
    drawn = gains.draw(members, draws=DRAWS, generator=np.random.default_rng(0))
    said = gains.predict(members)
    np.testing.assert_array_equal(np.isnan(drawn[0]), ~members)
    np.testing.assert_allclose(np.where(members, said.mean, 0.0), np.where(members, table.origin.expected, 0.0))
    np.testing.assert_allclose(drawn.std(axis=0)[members], said.error[members], rtol=SAMPLED)
    luck = (drawn[:, -1] - said.mean[-1])[:, members[-1]]
    together = np.corrcoef(luck.T)[0, 1]
    assert together == pytest.approx(RUN**2 / (RUN**2 + MISFIT**2), abs=SAMPLED)
    assert gains.update([Measured(gains.tasks, np.zeros(5), np.zeros(5))]) is gains


def test_tables_of_measured_gains_have_nothing_to_tell() -> None:
    table = planted("hubs", tasks=4, seed=2)
    measured = SearchTable.of(table.rows.members[: table.size], np.zeros((table.size, 4)), np.zeros((table.size, 4)))
    problem = Problem(measured, 2, "cover")
    with pytest.raises(ValueError, match="a measured one"):
        Known.of(problem)


def test_what_is_told_helps() -> None:
    """Ten tables: with everything but luck known, six models are worth more than to a search that has to learn."""
    values = dict.fromkeys(("told", "learned"), 0.0)
    for seed in range(10):
        problem = Problem(planted("chains", tasks=6, seed=seed), 3, "cover")
        for name, search in (("told", knowing), ("learned", METHODS[OURS].search)):
            oracle = Oracle(problem, 6)
            values[name] += problem.table.value(search(oracle, seed=seed)(6))
    assert values["told"] > 1.15 * values["learned"]
