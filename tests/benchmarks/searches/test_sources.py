"""Tables of gains come from files as they are."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.searches.bounds import bounds, random_values
from benchmarks.searches.oracle import Problem
from benchmarks.searches.sources import published, truth

TOLD = "subset,size,b,a\na,1,,0\na+b,2,0.2,0.1\n"
VALUED = "subset,size,a,b\na+b,2,0.3,-0.4\n"


def test_validation_gains_are_told_and_test_gains_counted(tmp_path: Path) -> None:
    (tmp_path / "standley_x_val_gain.csv").write_text(TOLD)
    (tmp_path / "standley_x_test_gain.csv").write_text(VALUED)
    (found,) = published(tmp_path)
    assert found.name == "x"
    (table,) = found.tables()
    np.testing.assert_array_equal(table.told[0], [0.2, 0.1])
    np.testing.assert_array_equal(table.valued[0], [-0.4, 0.3])


def test_halves_of_the_truth_table_are_told_and_valued_both_ways() -> None:
    sources = {source.name: source for source in truth()}
    first, second = sources["second 4 passes halves"].tables()
    np.testing.assert_array_equal(first.told, second.valued)
    np.testing.assert_array_equal(first.valued, second.told)
    (every,) = sources["second 4 passes all seeds"].tables()
    inside = every.rows.members
    assert every.complete
    assert every.told[inside] == pytest.approx(((first.told + first.valued) / 2)[inside], abs=0.1)  # fewer references


def test_the_best_is_above_a_usual_grouping_and_below_the_ceiling() -> None:
    table = truth()[0].tables()[0]
    problem = Problem(table, 3, "cover")
    found = bounds(problem, seed=0)
    assert found.best is not None
    assert found.ceiling is not None
    assert found.usual < found.best <= found.ceiling
    assert max(random_values(problem, seed=0)) <= found.ceiling
