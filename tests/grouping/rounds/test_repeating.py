"""Which groups are trained once more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from affinity.gains import MeasuredGroup
from grouping.loop import search
from grouping.masks import all_members
from grouping.objective import BestGain, FewestAdapters, Objective
from grouping.partition import Group, Partition
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.rounds.repeating import worth_repeating
from grouping.solvers import SubsetDP
from grouping.study import open_studies, study_url
from tests.grouping.worlds import Independent, Truth, measured_by_parts, names, planted
from trainers.out_of_budget import OutOfJobs

TASKS = names(4)
AB, CD, AC, BD = ("a", "b"), ("c", "d"), ("a", "c"), ("b", "d")
EVERY = frozenset({AB, CD, AC, BD})


def chosen(
    gains: Mapping[Group, float],
    incumbent: Partition,
    *,
    repeatable: Collection[Group] = EVERY,
    runs: int = 9,
    choice_runs: int = 1,
    run: float = 0.02,
    objective: Objective | None = None,
    tolerance: float = 0.0002,
) -> tuple[Group, ...]:
    """Among trained groups with one run each, whose members gain alike."""
    measured = {
        group: measured_by_parts(group, np.full(len(group), gain), run=run, sample=0.002)
        for group, gain in gains.items()
    }
    objective = objective or BestGain(max_adapters=2)
    deltas = Independent(TASKS, 10.0, {}).update([of.deltas() for of in measured.values()])
    allowed = all_members(4).any(axis=1)
    return worth_repeating(
        Knowledge(
            Independent(TASKS, 0.1, {}).update([of.gains() for of in measured.values()]),
            deltas if objective.has_floors else None,
            measured,
        ),
        incumbent,
        repeatable=repeatable, allowed=allowed, objective=objective, solver=SubsetDP(), z=0.84, cost=len, runs=runs,
        choice_runs=choice_runs,
        draws=48, tolerance=tolerance, generator=np.random.default_rng(0),
    )  # fmt: skip


PAIRS = Partition.of([AB, CD])
OTHERS = Partition.of([AC, BD])


def test_what_lies_within_luck_is_trained_again() -> None:
    found = chosen({AB: 0.03, CD: 0.03, AC: 0.028, BD: 0.028}, PAIRS)
    assert found
    assert set(found) <= EVERY


def test_what_is_clear_is_not() -> None:
    assert chosen({AB: 0.3, CD: 0.3, AC: -0.1, BD: -0.1}, PAIRS) == ()
    assert chosen({AB: 0.03, CD: 0.03, AC: 0.028, BD: 0.028}, PAIRS, run=0.0) == ()


def test_what_both_have_is_not_trained_again() -> None:
    """The choice lies between ab and its members alone; cd is in both."""
    found = chosen({AB: 0.001, CD: 0.2}, Partition.of([CD, "a", "b"]), objective=BestGain())
    assert found == (AB,)


def test_runs_that_are_left_and_groups_that_may_be() -> None:
    gains = {AB: 0.03, CD: 0.03, AC: 0.028, BD: 0.028}
    assert len(chosen(gains, PAIRS, runs=1)) == 1
    assert chosen(gains, PAIRS, runs=0) == ()
    assert chosen(gains, PAIRS, repeatable=()) == ()
    assert set(chosen(gains, PAIRS, repeatable={AC})) <= {AC}
    assert chosen(gains, PAIRS, tolerance=0.1) == ()


def test_what_falls_below_its_floor_is_not_asked_until_it_passes() -> None:
    """Two adapters would be enough if ab were found to lose less than its margin; all have one run."""
    objective = FewestAdapters(margins=dict.fromkeys(TASKS, 2.0))
    alone = Partition.of([CD, "a", "b"])
    near, far = {AB: -0.003, CD: 0.05}, {AB: -0.2, CD: 0.05}
    assert chosen(near, alone, run=0.01, objective=objective, choice_runs=2) == (AB,)
    assert chosen(far, alone, run=0.01, objective=objective, choice_runs=2) == ()
    assert chosen(near, alone, run=0.01, objective=objective, choice_runs=1) == ()
    loose = FewestAdapters(margins=dict.fromkeys(TASKS, 9.0))
    kept = {AB: 0.03, CD: 0.03, AC: 0.028, BD: 0.028}
    assert chosen(kept, PAIRS, objective=loose), "gains of groups that keep their floors are told apart"


@dataclass
class Lucky:
    """An oracle whose runs have luck of their own."""

    truth: Truth
    run: float
    seed: int
    refused: frozenset[Group] = frozenset()
    limit: int = 999
    runs: dict[Group, int] = field(default_factory=dict)
    asked_again: list[tuple[Group, ...]] = field(default_factory=list)

    def measure(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        for group in groups:
            self.runs[group] = 1
        return {group: self._measured(group) for group in groups}

    def again(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        if len(self.asked_again) >= self.limit:
            raise OutOfJobs("used up")
        self.asked_again.append(tuple(groups))
        able = [group for group in groups if group not in self.refused]
        for group in able:
            self.runs[group] += 1
        return {group: self._measured(group) for group in able}

    def _measured(self, group: Group) -> MeasuredGroup:
        generator = np.random.default_rng([self.seed, *"+".join(group).encode()])
        luck = self.run * generator.standard_normal((self.runs[group], len(group))).mean(axis=0)
        spread = self.run / np.sqrt(self.runs[group])
        return measured_by_parts(group, self.truth(group) + luck, run=spread, sample=0.001, seeds=self.runs[group])


SIX = names(6)
WORLD = planted(dict(zip(SIX, (0, 1, 0, 1, 1, 0), strict=True)), 0.02)


def searched(
    oracle: Lucky, *, repeats: int, models: int = 8, least: int = 1, again: bool = True, url: str | None = None
) -> Outcome:
    measured = oracle.measure([SIX])
    budget = Budget(models=models, rounds=3, draws=24, repeats=repeats, choice_runs=least)
    gains = Independent(SIX, 0.05, {}).update([of.gains() for of in measured.values()])

    def run(studies: object = None) -> Outcome:
        return search(
            gains, measured=measured, oracle=oracle, budget=budget, seed=1, objective=BestGain(max_adapters=3),
            again=oracle.again if again else None, studies=studies,  # type: ignore[arg-type]
        )  # fmt: skip

    if url is None:
        return run()
    with open_studies(url, SIX) as studies:
        return run(studies)


def test_repeats_find_better_groupings_of_the_same_groups() -> None:
    def value(outcome: Outcome) -> float:
        return float(sum(WORLD(group).sum() for group in outcome.partition.groups if len(group) > 1))

    once = [value(searched(Lucky(WORLD, 0.03, seed), models=40, repeats=0)) for seed in range(8)]
    more = [value(searched(Lucky(WORLD, 0.03, seed), models=40, repeats=40)) for seed in range(8)]
    assert np.mean(more) > np.mean(once) + 0.01


@pytest.mark.parametrize("least", [1, 2, 3])
def test_every_group_of_the_choice_has_been_trained_so_often(least: int) -> None:
    oracle = Lucky(WORLD, 0.002, 1)
    outcome = searched(oracle, repeats=24, least=least)
    assert all(oracle.runs[group] >= least for group in outcome.partition.groups if len(group) > 1 and group != SIX)
    assert sum(oracle.runs.values()) <= 1 + 8 + 24


@pytest.mark.parametrize("repeats", [0, 3, 8])
def test_no_more_runs_than_the_budget_and_they_are_noted(repeats: int) -> None:
    oracle = Lucky(WORLD, 0.03, 2)
    outcome = searched(oracle, repeats=repeats)
    again = [group for of in outcome.rounds for group in of.again]
    assert len(again) <= repeats
    assert (len(again) > 0) == (repeats > 0)
    assert [of.again for of in outcome.rounds if of.again] == oracle.asked_again
    assert all(not of.asked for of in outcome.rounds if of.again)
    assert sum(oracle.runs.values()) == 1 + len(outcome.trained) + len(again)
    assert {group: of.seeds for group, of in outcome.measured.items()} == oracle.runs
    assert set(again) <= set(outcome.trained), "probe runs are not repeated"


def test_without_a_way_to_repeat_nothing_is() -> None:
    oracle = Lucky(WORLD, 0.03, 2)
    outcome = searched(oracle, repeats=8, again=False)
    assert not any(of.again for of in outcome.rounds)
    assert set(oracle.runs.values()) == {1}


def test_a_group_that_cannot_be_trained_again_is_asked_once_and_keeps_its_measurement() -> None:
    plain = Lucky(WORLD, 0.03, 2)
    searched(plain, repeats=8)
    refused = plain.asked_again[0]
    oracle = Lucky(WORLD, 0.03, 2, refused=frozenset(refused))
    outcome = searched(oracle, repeats=8)
    again = [group for of in oracle.asked_again for group in of]
    assert all(again.count(group) == 1 for group in refused)
    assert all(outcome.measured[group].seeds == 1 for group in refused)


def test_a_limit_within_repeats_ends_in_the_best_so_far() -> None:
    outcome = searched(Lucky(WORLD, 0.03, 2, limit=1), repeats=8)
    assert outcome.stopped == "jobs"
    assert all(len(group) == 1 or group in outcome.measured for group in outcome.partition.groups)


def test_the_same_seed_repeats_the_same_groups(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = study_url(tmp_path_factory.mktemp("studies") / "study.sqlite")
    one, other = Lucky(WORLD, 0.03, 2), Lucky(WORLD, 0.03, 2)
    assert searched(one, repeats=8).partition == searched(other, repeats=8, url=url).partition
    assert one.asked_again == other.asked_again
