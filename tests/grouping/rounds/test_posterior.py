"""Beliefs about all groups at once."""

import numpy as np
import pytest

from affinity.predictor import Measured
from grouping.masks import all_members, group_of, mask_of
from grouping.objective import BestGain, FewestAdapters
from grouping.partition import Partition
from grouping.rounds.acceptance import accept
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.posterior import posterior
from grouping.solvers import SubsetDP
from grouping.universe import EveryGroup
from tasks.errors import InputError
from tests.grouping.worlds import Independent, measured_group, names

TASKS = names(3)
AB = ("a", "b")
GAINS = Independent(TASKS, 1.0, {AB: Measured(AB, np.array([0.4, 0.2]), np.array([1.0, 1.0]))})


def test_masks_go_both_ways() -> None:
    members = all_members(3)
    assert members[mask_of(AB, TASKS)].tolist() == [True, True, False]
    assert [mask_of(group_of(mask, TASKS), TASKS) for mask in range(8)] == list(range(8))
    assert group_of(0b101, ("z", "y", "x")) == ("x", "z")
    with pytest.raises(InputError, match="found 17 tasks"):
        all_members(17)


def test_beliefs_by_hand() -> None:
    allowed = np.ones(8, dtype=bool)
    allowed[[0, 0b101]] = False
    found = posterior(
        GAINS, None, universe=EveryGroup(TASKS), allowed=allowed, trained=np.array([0b011]), delta_errors=np.zeros(3),
        objective=BestGain(), draws=4000, generator=np.random.default_rng(0),
    )  # fmt: skip
    # Prior and measurement weigh the same: half of 0.4 and 0.2, each with a variance of a half.
    np.testing.assert_allclose(found.totals, [-np.inf, 0, 0, 0.3, 0, -np.inf, 0, 0])
    assert found.total_draws[:, 0b011].mean() == pytest.approx(0.3, abs=0.06)  # three standard errors: 0.047
    assert found.total_draws[:, 0b011].var() == pytest.approx(1.0, rel=0.1)
    assert (found.total_draws[:, [1, 2, 4]] == 0).all()
    assert (found.total_draws[:, [0, 0b101]] == -np.inf).all()
    assert (found.shortfall == -np.inf).all()


def test_the_floors_of_trained_groups_are_known_and_others_are_drawn() -> None:
    objective = FewestAdapters(margins=dict.fromkeys(TASKS, 1.0))
    found = posterior(
        GAINS, GAINS, universe=EveryGroup(TASKS), allowed=np.arange(8) > 0, trained=np.array([0b011]),
        delta_errors=np.full(3, 0.5), objective=objective, draws=50, generator=np.random.default_rng(0),
    )  # fmt: skip
    expected = -1 - 0.1 + 1.96 * np.sqrt(0.5)  # of task b
    assert found.shortfall[0b011] == pytest.approx(expected, abs=1e-3)
    assert (found.shortfall_draws[:, 0b011] == found.shortfall[0b011]).all()
    assert (found.shortfall_draws[:, [1, 2, 4]] == -1.0).all()
    assert found.shortfall_draws[:, 0b111].std() > 0.3


def test_knowledge_learns_and_serves() -> None:
    known = Knowledge(Independent(TASKS, 1.0, {}), None, {})
    assert np.flatnonzero(known.trained()).tolist() == [1, 2, 4]
    partition = Partition.of([AB, "c"])
    assert not known.holds(partition)
    learned = known.learn({AB: measured_group(AB, np.array([0.4, 0.2]), error=1.0, delta_error=2.0)})
    assert learned.holds(partition)
    assert np.flatnonzero(learned.trained()).tolist() == [1, 2, 3, 4]
    assert learned.measured_mean(partition) == pytest.approx(0.2)
    assert learned.delta_errors().tolist() == [2.0, 2.0, 0.0]
    assert np.nansum(learned.serving(partition).mean, axis=0) == pytest.approx([0.2, 0.1, 0.0])
    assert known.learn({}) is known


def test_only_trained_partitions_are_accepted() -> None:
    hopeful = Independent(TASKS, 1.0, {}, level=5.0)  # whatever was not trained looks excellent
    known = Knowledge(hopeful, None, {}).learn({AB: measured_group(AB, np.array([0.4, 0.2]), error=1e-6)})
    found = accept(
        known, allowed=np.arange(8) > 0, z=0.84, objective=BestGain(), solver=SubsetDP(),
        generator=np.random.default_rng(0),
    )  # fmt: skip
    assert found is not None
    assert found.candidate.grouping == Partition.of([AB, "c"])
    assert found.candidate.total == pytest.approx(0.6, abs=1e-4)
    assert found.shortfall == -np.inf
