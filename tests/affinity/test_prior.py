"""The guess that a matrix gives for larger groups."""

import numpy as np

from affinity.matrix import AffinityMatrix
from affinity.prior import MeanOfScores


def test_the_mean_over_partners_by_hand() -> None:
    scores = np.array([[0.0, 0.2, 0.1], [0.4, 0.0, -0.1], [-0.2, 0.3, 0.0]])
    prior = MeanOfScores(AffinityMatrix(("a", "b", "c"), scores, np.zeros((3, 3)), estimator="pairwise"))
    members = np.array([[True, True, True], [True, False, True], [False, True, False]])
    expected = [[0.1, 0.25, 0.0], [-0.2, np.nan, 0.1], [np.nan, 0.0, np.nan]]
    np.testing.assert_allclose(prior.gains(members), expected, atol=1e-12)
