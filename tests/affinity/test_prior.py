"""The guess that a matrix gives for larger groups."""

import numpy as np
import pytest

from affinity.estimators import Estimate
from affinity.matrix import AffinityMatrix
from affinity.prior import MeanOfScores, PriorAmong
from tasks.errors import InputError

SCORES = np.array([[0.0, 0.2, 0.1], [0.4, 0.0, -0.1], [-0.2, 0.3, 0.0]])
MATRIX = AffinityMatrix(("a", "b", "c"), SCORES, np.zeros((3, 3)), estimator="pairwise")


def test_the_mean_over_partners_by_hand() -> None:
    prior = MeanOfScores(MATRIX)
    members = np.array([[True, True, True], [True, False, True], [False, True, False]])
    expected = [[0.1, 0.25, 0.0], [-0.2, np.nan, 0.1], [np.nan, 0.0, np.nan]]
    np.testing.assert_allclose(prior.gains(members), expected, atol=1e-12)


def test_a_prior_among_fewer_tasks_says_the_same_of_their_groups() -> None:
    members = np.array([[True, True], [False, True]])
    found = PriorAmong(MeanOfScores(MATRIX), ("c", "a")).gains(members)
    np.testing.assert_allclose(found, [[0.1, -0.2], [np.nan, 0.0]], atol=1e-12)


@pytest.mark.parametrize("groups", [None, MeanOfScores(MATRIX)])
def test_an_estimate_without_a_task_is_about_the_others(groups: MeanOfScores | None) -> None:
    left = Estimate(MATRIX, None, groups=groups, dropped={"d": "nan"}).without({"b": "inf"})
    assert left.matrix.tasks == left.prior.tasks == ("a", "c")
    assert left.dropped == {"d": "nan", "b": "inf"}
    np.testing.assert_allclose(left.prior.gains(np.array([[True, True]])), [[-0.2, 0.1]])
    with pytest.raises(InputError, match="only task a can be measured"):
        left.without({"c": "nan"})
