"""A finished experiment answers what was measured, and nothing else."""

import numpy as np

from grouping.gain_table import GainTable
from grouping.oracles.table import TableOracle


def test_answers_stand_in_the_table() -> None:
    oracle = TableOracle(GainTable(("b", "a", "c"), {("a", "b"): (0.5, -0.2), ("a", "b", "c"): (0.1, 0.2, 0.3)}))
    assert oracle.pool == (("a", "b"), ("a", "b", "c"))
    answer = oracle.ask(("a", "b"))
    assert answer is not None
    assert answer.group == ("a", "b")
    np.testing.assert_array_equal(answer.mean, [0.5, -0.2])
    np.testing.assert_array_equal(answer.error, [0, 0])
    assert oracle.ask(("b", "c")) is None
