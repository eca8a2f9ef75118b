"""Pairs as groups and as a matrix."""

import numpy as np

from affinity.estimators.pair_table import as_matrix, pairs_of


def test_a_matrix_of_pairs_by_hand() -> None:
    members = pairs_of(3)
    np.testing.assert_array_equal(members, [[True, True, False], [True, False, True], [False, True, True]])
    values = np.array([[1.0, 2, np.nan], [3, np.nan, 4], [np.nan, 5, 6]])
    with_more = np.vstack([members, np.ones((1, 3), dtype=bool)]), np.vstack([values, np.full((1, 3), 9.0)])
    for groups, said in ((members, values), with_more):
        # task 1 does 1 to task 0, which does 2 to task 1
        np.testing.assert_array_equal(as_matrix(groups, said), [[0, 2, 4], [1, 0, 6], [3, 5, 0]])
