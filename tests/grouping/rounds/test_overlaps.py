"""A search whose groups may overlap."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import TrialState

from affinity.gains import MeasuredGroup
from affinity.predictors import GroupProcess
from affinity.predictors.mean_of_pairs import MeanOfPairs
from grouping.constraints import Constraints
from grouping.cover import Cover
from grouping.grouped import Grouped, entries_of, grouped
from grouping.loop import search
from grouping.objective import BestGain, FewestAdapters, Objective
from grouping.partition import Group, Partition
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.likely_overlaps import likely_overlaps
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.study import Studies, open_studies, study_url
from grouping.universe import names_of, rows_of
from tests.grouping.worlds import Array, Independent, Laboratory, measured_by_parts, names, pairs_and_all

TASKS = names(5)
HUB = "e"
"""Helps everybody; nobody else does, and beside others it loses."""
BEST = grouped([(("a", "b", HUB), ("a", "b")), (("c", "d", HUB), ("c", "d")), ((HUB,), (HUB,))])
BUDGET = Budget(models=8, rounds=4, draws=24)


def hub(group: Group) -> Array:
    """Two blocks whose members help each other a little, and a hub that helps both."""
    block = {"a": 0, "b": 0, "c": 1, "d": 1}

    def gain(task: str) -> float:
        others = [of for of in group if of != task]
        if task == HUB:
            return -0.05 * len(others)
        return sum(0.04 if of == HUB else 0.02 if block[of] == block[task] else -0.06 for of in others)

    return np.array([gain(task) for task in group])


def found_by(
    laboratory: Laboratory,
    tasks: tuple[str, ...] = TASKS,
    *,
    budget: Budget = BUDGET,
    objective: Objective | None = None,
    constraints: Constraints | None = None,
    studies: Studies | None = None,
    overlap: bool = True,
) -> Outcome:
    measured = laboratory.measure(pairs_and_all(tasks))
    laboratory.batches.clear()
    gains = GroupProcess.fit(tasks, [of.gains() for of in measured.values()])
    deltas = MeanOfPairs.fit(tasks, [of.deltas() for of in measured.values()])
    return search(
        gains, deltas=deltas, measured=measured, oracle=laboratory, budget=budget, seed=1, studies=studies,
        objective=objective or BestGain(max_adapters=3), constraints=constraints, overlap=overlap,
    )  # fmt: skip


def value(of: Grouped) -> float:
    """True sum of gains of the tasks where they are served."""
    return sum(float(hub(group)[group.index(task)]) for group, served in entries_of(of) for task in served)


def test_a_hub_helps_both_blocks_and_is_served_alone() -> None:
    laboratory = Laboratory(hub, error=0.002)
    outcome = found_by(laboratory)
    assert outcome.grouping == BEST
    assert outcome.partition == Partition.of(["ab", "cd", HUB])
    assert outcome.helpers == {("a", "b"): (HUB,), ("c", "d"): (HUB,)}
    assert all(len(group) == 1 or group in outcome.measured for group in BEST.groups), "only what was trained"
    assert outcome.mean_gain == pytest.approx(value(BEST) / 5, abs=0.005)
    assert outcome.predicted["a"] == pytest.approx(0.06, abs=0.01)
    assert outcome.predicted[HUB] == 0.0
    assert sum(map(len, laboratory.batches)) <= BUDGET.models
    apart = found_by(Laboratory(hub, error=0.002), overlap=False)
    assert isinstance(apart.grouping, Partition)
    assert value(apart.grouping) < value(BEST) - 0.05


def test_the_order_of_tasks_does_not_matter() -> None:
    assert found_by(Laboratory(hub, error=0.002), ("c", HUB, "a", "d", "b")).grouping == BEST


def test_where_nobody_helps_it_is_singles() -> None:
    outcome = found_by(Laboratory(lambda group: np.full(len(group), -0.03), error=0.01), objective=BestGain())
    assert outcome.grouping == Partition.singles(TASKS)


def test_tasks_that_are_kept_apart_do_not_help_and_other_rules_say_who_is_served() -> None:
    rules = Constraints.of(apart=[["a", HUB]], together=[["c", "d"]], max_tasks=2, alone=[HUB])
    outcome = found_by(Laboratory(hub, error=0.002), constraints=rules)
    assert outcome.partition == Partition.of(["ab", "cd", HUB])
    assert outcome.helpers == {("c", "d"): (HUB,)}
    for group, served in entries_of(outcome.grouping):
        assert not {"a", HUB} <= set(group)
        assert ("c" in served) == ("d" in served)
        assert len(served) <= 2


def test_fewest_adapters_keep_their_floors_with_a_helper() -> None:
    def truth(group: Group) -> Array:
        """All lose two points beside others, unless the hub is there, which loses five itself."""
        gain = 0.0 if HUB in group else -0.02
        return np.array([-0.05 if task == HUB else gain for task in group])

    objective = FewestAdapters(margins=dict.fromkeys(TASKS, 1.0))
    laboratory = Laboratory(truth)
    measured: dict[Group, MeasuredGroup] = {
        group: measured_by_parts(group, truth(group), run=0.001, sample=0.001) for group in pairs_and_all(TASKS)
    }
    outcome = search(
        Independent(TASKS, 0.05, {group: of.gains() for group, of in measured.items()}),
        deltas=Independent(TASKS, 5.0, {group: of.deltas() for group, of in measured.items()}),
        measured=measured, oracle=laboratory, budget=BUDGET, seed=1, objective=objective, overlap=True,
    )  # fmt: skip
    assert outcome.grouping == grouped([(TASKS, ("a", "b", "c", "d")), ((HUB,), (HUB,))])
    assert outcome.shortfall <= 0


def test_studies_hold_covers(tmp_path: Path) -> None:
    with open_studies(study_url(tmp_path / "study.sqlite"), TASKS) as studies:
        outcome = found_by(Laboratory(hub, error=0.002), studies=studies)
        trained = {trial.user_attrs["partition"]: trial for trial in studies.trained.trials}
        chosen = trained[str(BEST)]
        assert chosen.state is TrialState.COMPLETE
        assert chosen.value == pytest.approx(value(BEST) / 5, abs=0.005)
        assert chosen.user_attrs["measured"].keys() == set(TASKS)
        assert str(BEST) in studies.trained.user_attrs["choice"]
    proposal = next(of for of in outcome.proposals if of.chosen)
    assert proposal.to_dict()["groups"] == [["a", "b"], ["c", "d"], [HUB]]
    assert proposal.to_dict()["helpers"] == [[HUB], [HUB], []]
    assert "helpers" not in next(of for of in outcome.proposals if of.kind == "single").to_dict()


class Repeated(Laboratory):
    """Trains groups once more too."""

    def __init__(self) -> None:
        super().__init__(hub)
        self.runs: dict[Group, int] = {}

    def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
        return {group: self._run(group) for group in groups}

    def _run(self, group: Group) -> MeasuredGroup:
        self.runs[group] = seeds = self.runs.get(group, 0) + 1
        noise = np.random.default_rng([seeds, *"+".join(group).encode()]).normal(size=len(group))
        return measured_by_parts(group, hub(group) + 0.01 * noise, run=0.01 / seeds**0.5, sample=0.001, seeds=seeds)


def test_groups_of_the_choice_are_trained_again_with_their_helpers() -> None:
    laboratory = Repeated()
    measured = laboratory.measure(pairs_and_all(TASKS))
    outcome = search(
        GroupProcess.fit(TASKS, [of.gains() for of in measured.values()]), measured=measured, oracle=laboratory,
        budget=Budget(models=8, rounds=4, draws=24, repeats=12, choice_runs=2), seed=1, overlap=True,
        objective=BestGain(max_adapters=3), again=laboratory.measure,
    )  # fmt: skip
    trained = [group for group in outcome.grouping.groups if group in outcome.trained]
    assert trained
    assert all(laboratory.runs[group] >= 2 for group in trained)


MANY = tuple(f"t{number:02d}" for number in range(18))


def hubs(group: Group) -> Array:
    """Blocks of six; the first task of all helps everybody, and loses beside others."""

    def gain(task: str) -> float:
        others = [of for of in group if of != task]
        if task == "t00":
            return -0.03 * len(others)
        own = [of for of in others if int(of[1:]) // 6 == int(task[1:]) // 6]
        return 0.1 * ("t00" in group) + 0.02 * len(own) - 0.05 * (len(others) - len(own) - ("t00" in group))

    return np.array([gain(task) for task in group])


def test_many_tasks_have_likely_helpers() -> None:
    generator = np.random.default_rng(0)
    some = {tuple(sorted(generator.choice(MANY, 4, replace=False).tolist())) for _ in range(60)}
    laboratory = Laboratory(hubs, error=0.002)
    measured = laboratory.measure([*some, MANY])
    outcome = search(
        GroupProcess.fit(MANY, [of.gains() for of in measured.values()]), measured=measured, oracle=laboratory,
        budget=Budget(models=12, rounds=3, draws=6), seed=1, objective=BestGain(max_adapters=4), overlap=True,
    )  # fmt: skip
    assert isinstance(outcome.grouping, Cover)
    assert {helper for helpers in outcome.helpers.values() for helper in helpers} == {"t00"}
    assert all(len(group) == 1 or group in outcome.measured for group in outcome.grouping.groups)


def test_likely_rows_hold_those_that_they_serve_and_meet_the_rules() -> None:
    laboratory, rules = Laboratory(hubs), Constraints.of(apart=[["t00", "t06"]], max_tasks=7)
    measured = laboratory.measure([MANY[:8], MANY[4:9]])
    gains = GroupProcess.fit(MANY, [of.gains() for of in measured.values()])
    sets = rows_of([MANY[:6], MANY[6:12], ["t05"], MANY[5:7]], MANY)
    members, served = likely_overlaps(Knowledge(gains, None, measured), sets, rules)
    rows = [(names_of(who, MANY), names_of(of, MANY)) for who, of in zip(members, served, strict=True)]
    assert all(set(of) < set(who) for who, of in rows)
    assert (MANY[:8], MANY[:6]) in rows, "a trained group serves a set"
    assert (MANY[4:9], MANY[5:7]) in rows
    assert not [of for _, of in rows if len(of) == 1], "nobody helps a task that is served alone"
    helped = [who for who, of in rows if of == MANY[6:12] and len(who) == 7]
    assert len(helped) == 2
    assert all(rules.among(rows_of([who], MANY), MANY)[0] for who, of in rows if who not in measured)
