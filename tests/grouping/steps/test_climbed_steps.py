"""The next model of many tasks: new ones only, in time for the budget, and a proposal is carried through."""

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictor import Measured
from affinity.predictors.group_process import GroupProcess
from affinity.predictors.group_worlds import worlds_of
from grouping.partition import Group
from grouping.sequential import Found, search_sequentially
from grouping.solvers.selection import Mode
from grouping.steps.climbed_steps import ClimbedSteps
from grouping.steps.step import Step
from grouping.steps.trained_groups import TrainedGroups
from tests.grouping.worlds import Answers, planted

TASKS = tuple(f"t{number:02d}" for number in range(16))
HOME = {task: number % 2 for number, task in enumerate(TASKS)}
BLOCKS = planted(HOME, 0.1)
BEST = sum(float(BLOCKS(tuple(t for t in TASKS if HOME[t] == home)).sum()) for home in (0, 1))
MODES: tuple[Mode, ...] = ("partition", "cover")
FIVE: tuple[Group, ...] = tuple(tuple(t for t in TASKS if int(t[1:]) % 5 == part) for part in range(5))


def trained(groups: tuple[Group, ...], *, adapters: int, mode: Mode) -> TrainedGroups:
    measured = [Measured(group, BLOCKS(group), np.zeros(len(group))) for group in groups]
    return TrainedGroups(TASKS, adapters=adapters, mode=mode, measured=measured)


def next_of(of: TrainedGroups, steps: ClimbedSteps, *, left: int, seed: int = 0) -> Step | None:
    gains = GroupProcess.fit(TASKS, list(of.measured.values()), seed=0)
    return steps.next(gains, left=left, generator=np.random.default_rng(seed))


def search(oracle: Answers, *, mode: Mode, models: int, adapters: int = 2, seed: int = 0) -> Found:
    return search_sequentially(oracle, TASKS, adapters=adapters, mode=mode, models=models, seed=seed)


@pytest.mark.parametrize("mode", MODES)
def test_planted_halves_are_found(mode: Mode) -> None:
    """Of 32,768 partitions in two; all together gains nothing, and a search that never tries whole ones stays there."""
    oracle = Answers(BLOCKS)
    found = search(oracle, mode=mode, models=20)
    assert found.value > 0.9 * BEST
    assert len(set(oracle.asked)) == len(oracle.asked) <= 20
    assert BEST > 1.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("left", [1, 2, 5])
def test_a_proposal_lacks_no_more_models_than_are_left(mode: Mode, left: int) -> None:
    of = trained((TASKS, *FIVE), adapters=4, mode=mode)
    step = next_of(of, ClimbedSteps(of), left=left)
    assert step is not None
    assert step.proposal is not None
    lacking = [group for group in step.proposal.groups if len(group) > 1 and group not in of.measured]
    assert 1 <= len(lacking) <= left
    assert step.group in lacking
    assert step.proposal.adapters <= 4
    assert np.isfinite([step.predicted, step.error, step.worst]).all()


def test_with_one_model_left_a_partition_is_filled_up() -> None:
    """Two of five fifths are kept, or one, and the last model is all that they leave over."""
    of = trained((TASKS, *FIVE), adapters=3, mode="partition")
    step = next_of(of, ClimbedSteps(of), left=1)
    assert step is not None
    assert step.proposal is not None
    kept = [group for group in step.proposal.groups if group != step.group]
    assert all(len(group) == 1 or group in of.measured for group in kept)


@pytest.mark.parametrize("mode", MODES)
def test_a_proposal_stays_one_until_it_is_trained(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    of = trained((TASKS,), adapters=3, mode=mode)
    steps = ClimbedSteps(of)
    first = next_of(of, steps, left=9)
    assert first is not None
    assert first.proposal is not None
    monkeypatch.setattr(steps, "_climbed", lambda drawn, generator: iter(()))
    monkeypatch.setattr(steps, "_filled", lambda drawn: [])
    monkeypatch.setattr(steps, "_responses", lambda drawn, generator: [])
    waiting = set(first.proposal.groups) - {TASKS}
    while (step := next_of(of, steps, left=9)) is not None:
        assert step.group in waiting
        waiting.remove(step.group)
        of.learn(step.group, Measured(step.group, BLOCKS(step.group), np.zeros(len(step.group))))
    assert all(len(group) == 1 for group in waiting)


@pytest.mark.parametrize("mode", MODES)
def test_refused_groups_are_never_asked_again(mode: Mode) -> None:
    class Half(Answers):
        def ask(self, group: Group, *, run: int = 0) -> Measured | None:
            answer = super().ask(group)
            return None if len(self.asked) % 2 == 0 else answer

    oracle = Half(BLOCKS)
    found = search(oracle, mode=mode, models=9, adapters=3)
    assert len(set(oracle.asked)) == len(oracle.asked) == 9
    assert set(found.measured) == set(oracle.asked[::2])


def test_where_all_together_is_refused_the_first_grouping_takes_few_models() -> None:
    oracle = Answers(BLOCKS, refused=frozenset([TASKS]))
    found = search(oracle, mode="partition", models=3)
    assert len(oracle.asked) == 3
    assert found.cover.adapters == 2


@pytest.mark.parametrize("mode", MODES)
def test_a_seed_decides(mode: Mode) -> None:
    one, same = Answers(BLOCKS), Answers(BLOCKS)
    assert search(one, mode=mode, models=5).value == search(same, mode=mode, models=5).value
    assert one.asked == same.asked


def test_many_adapters_of_many_tasks() -> None:
    """As many as there are tasks: nothing is capped, and singles are free."""
    oracle = Answers(BLOCKS)
    found = search(oracle, mode="partition", models=4, adapters=len(TASKS))
    assert found.value >= 0.0
    assert len(oracle.asked) <= 4


def bits(group: Group) -> NDArray[np.bool_]:
    return np.array([task in group for task in TASKS])


def test_masks_and_members_are_inverse() -> None:
    of = trained((TASKS,), adapters=2, mode="cover")
    steps = ClimbedSteps(of)
    members = np.array([bits(FIVE[0]), bits(FIVE[3])])
    masks = sorted(steps._masks(members))
    np.testing.assert_array_equal(steps._members(masks), members[np.argsort([of.mask(FIVE[0]), of.mask(FIVE[3])])])


def test_a_cover_is_answered_by_one_new_group() -> None:
    """Each response keeps all groups of the choice but one and serves every task."""
    of = trained((TASKS, *FIVE), adapters=4, mode="cover")
    assert of.choice is not None
    gains = GroupProcess.fit(TASKS, list(of.measured.values()), seed=0)
    drawn = worlds_of(gains.posteriors, draws=4, generator=np.random.default_rng(0))
    now = {of.mask(group) for group in of.choice.groups}
    found = ClimbedSteps(of)._responses(drawn, np.random.default_rng(1))
    assert len({response - now for response in found}) > 3
    for response in found:
        assert len(now - response) <= 1
        assert len(response - now) <= 1
        assert len(response) <= 4
        assert np.bitwise_or.reduce(list(response)) == (1 << len(TASKS)) - 1
