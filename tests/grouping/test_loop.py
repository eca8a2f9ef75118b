"""The loop: finds what is there, does not fall for what is not, and keeps its books."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import TrialState

from affinity.gains import MeasuredGroup
from affinity.predictors.mean_of_pairs import MeanOfPairs
from grouping.constraints import Constraints
from grouping.loop import search
from grouping.objective import BestGain, FewestAdapters, Objective
from grouping.partition import Group, Partition, all_partitions
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.study import Studies, open_studies, study_url
from tasks.errors import InputError
from tests.grouping.worlds import Array, Independent, Laboratory, names, pairs_and_all, planted

TASKS = names(6)
HOME = dict(zip(TASKS, (0, 1, 0, 1, 1, 0), strict=True))
PLANTED = Partition.of(["acf", "bde"])
BUDGET = Budget(models=4, rounds=2, draws=24)


def nothing(group: Group) -> Array:
    """No group changes anything."""
    return np.zeros(len(group))


def found_by(
    laboratory: Laboratory,
    tasks: tuple[str, ...] = TASKS,
    *,
    budget: Budget = BUDGET,
    objective: Objective | None = None,
    constraints: Constraints | None = None,
    confidence: float = 0.8,
    studies: Studies | None = None,
) -> Outcome:
    """A search for two groups, unless another objective is given, from all pairs and all-together."""
    measured = laboratory.measure(pairs_and_all(tasks))
    laboratory.batches.clear()
    gains = MeanOfPairs.fit(tasks, [of.gains() for of in measured.values()])
    return search(
        gains, measured=measured, oracle=laboratory, budget=budget, seed=1, confidence=confidence, studies=studies,
        objective=objective or BestGain(max_adapters=2), constraints=constraints,
    )  # fmt: skip


def test_a_listener_hears_what_every_round_decides(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="cotrain"):
        outcome = found_by(Laboratory(planted(HOME, 0.06), error=0.005, seed=0))
    said = [line.partition(": ")[2] for line in caplog.messages if line.startswith("search, round ")]
    assert f"would choose {outcome.partition}, mean gain " in said[-2] + said[-3] + said[-1]
    trained = [line for line in said if line.startswith("trains {")]
    assert len(trained) == sum(len(of.asked) for of in outcome.rounds)
    assert all(", forecast a " in line or ", forecast b " in line for line in trained)
    assert said[-1] == "trains no new group, as nothing untrained is expected to be better"


def test_the_probability_of_being_the_best_is_shared_among_what_was_trained() -> None:
    outcome = found_by(Laboratory(planted(HOME, 0.06), error=0.03, seed=0))
    shares = {of.grouping: of.best for of in outcome.proposals}
    assert all((of.best is not None) == (of.trained and of.grouping.adapters <= 2) for of in outcome.proposals)
    assert sum(share or 0.0 for share in shares.values()) == pytest.approx(1.0)
    assert max(shares, key=lambda of: shares[of] or 0.0) == PLANTED
    nothing_found = found_by(Laboratory(nothing, error=0.03, seed=0))
    assert max(of.best or 0.0 for of in nothing_found.proposals) < (shares[PLANTED] or 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_planted_groups_are_found_from_noisy_pairs(seed: int) -> None:
    laboratory = Laboratory(planted(HOME, 0.06), error=0.03, seed=seed)
    outcome = found_by(laboratory)
    assert outcome.partition == PLANTED
    assert set(PLANTED.groups) <= set(outcome.trained)
    assert outcome.bound < outcome.mean_gain
    assert sum(len(batch) for batch in laboratory.batches) <= BUDGET.models
    assert sum(outcome.predicted.values()) / 6 == pytest.approx(outcome.mean_gain)


def test_the_order_of_tasks_does_not_matter() -> None:
    order = ("e", "a", "f", "c", "b", "d")
    assert found_by(Laboratory(planted(HOME, 0.06), error=0.02), order).partition == PLANTED


def test_separate_wins_where_every_group_harms() -> None:
    strangers = {task: number for number, task in enumerate(TASKS)}
    outcome = found_by(Laboratory(planted(strangers, 0.1), error=0.02), objective=BestGain())
    assert outcome.partition == Partition.singles(TASKS)


def test_together_wins_where_all_help_and_one_adapter_is_allowed() -> None:
    friends = dict.fromkeys(TASKS, 0)
    outcome = found_by(Laboratory(planted(friends, 0.1), error=0.02), objective=BestGain(max_adapters=1))
    assert outcome.partition == Partition.together(TASKS)


def test_singles_where_noise_is_all_there_is_and_the_posterior_knows_it() -> None:
    laboratory = Laboratory(nothing, error=0.05)
    measured = laboratory.measure(pairs_and_all(TASKS))
    gains = Independent(TASKS, 1e-4, {}).update([of.gains() for of in measured.values()])
    outcome = search(
        gains, measured=measured, objective=BestGain(), oracle=laboratory, budget=BUDGET, seed=0, confidence=0.999
    )
    assert outcome.partition == Partition.singles(TASKS)
    assert outcome.mean_gain == outcome.bound == 0.0
    assert outcome.stopped == "settled"


def test_the_winner_is_not_predicted_above_its_truth() -> None:
    """With an exact posterior the choice's expected gain is right on average, and its measured gain is not."""
    tasks, spread, noise, worlds = names(4), 0.05, 0.05, 40
    predicted, measured_gain, true = np.zeros((3, worlds))
    for world in range(worlds):

        def truth(group: Group, world: int = world) -> Array:
            return np.random.default_rng([world, *"+".join(group).encode()]).normal(0, spread, size=len(group))

        laboratory = Laboratory(truth, error=noise, seed=1000 + world)
        measured = laboratory.measure(pairs_and_all(tasks))
        gains = Independent(tasks, spread, {}).update([of.gains() for of in measured.values()])
        outcome = search(
            gains, measured=measured, objective=BestGain(), oracle=laboratory,
            budget=Budget(models=2, rounds=1, draws=8), seed=world,
        )  # fmt: skip
        predicted[world], true[world] = outcome.mean_gain, laboratory.value(outcome.partition) / 4
        groups = [group for group in outcome.partition.groups if len(group) > 1]
        measured_gain[world] = sum(float(outcome.measured[group].gain.sum()) for group in groups) / 4
    error = (predicted - true).std(ddof=1) / np.sqrt(worlds)
    assert abs((predicted - true).mean()) < 3 * error
    assert (measured_gain - true).mean() > 5 * error


def test_without_noise_and_with_models_enough_the_best_partition_is_found() -> None:
    def truth(group: Group) -> Array:
        return np.random.default_rng(list("+".join(group).encode())).normal(0, 0.1, size=len(group))

    tasks = names(4)
    laboratory = Laboratory(truth)
    outcome = found_by(
        laboratory, tasks, budget=Budget(models=4, rounds=4, draws=24, tolerance=0.0), objective=BestGain()
    )
    best = max(all_partitions(tasks), key=laboratory.value)
    assert laboratory.value(outcome.partition) == pytest.approx(laboratory.value(best))


def test_the_same_seed_gives_the_same_search() -> None:
    one, other = (found_by(Laboratory(planted(HOME, 0.02), error=0.03)) for _ in range(2))
    assert one.trained == other.trained
    assert one.proposals == other.proposals
    assert [dict(r.proposals) for r in one.rounds] == [dict(r.proposals) for r in other.rounds]


def test_the_answer_does_not_depend_on_how_a_batch_is_answered() -> None:
    class Backwards(Laboratory):
        def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
            return dict(reversed(list(super().measure(groups).items())))

    one, other = Laboratory(planted(HOME, 0.02), error=0.03), Backwards(planted(HOME, 0.02), error=0.03)
    assert found_by(one).partition == found_by(other).partition
    assert one.batches == other.batches


def test_evidence() -> None:
    outcome = found_by(Laboratory(planted(HOME, 0.06), error=0.03))
    kinds = {proposal.kind: proposal for proposal in outcome.proposals}
    assert kinds.keys() >= {"single", "together", "choice"}
    assert [proposal.grouping for proposal in outcome.proposals if proposal.chosen] == [outcome.partition]
    assert kinds["single"].mean_gain == kinds["single"].error == kinds["single"].worst == 0.0
    for proposal in (*outcome.proposals, *outcome.front):
        measured = all(len(group) == 1 or group in outcome.measured for group in proposal.grouping.groups)
        assert proposal.trained == measured
    assert all(proposal.trained for proposal in outcome.front)
    asked = [group for r in outcome.rounds for group in r.asked]
    assert [forecast.group for r in outcome.rounds for forecast in r.forecasts] == asked == list(outcome.trained)
    assert outcome.rounds[-1].asked == ()
    entry = json.loads(json.dumps(kinds["choice"].to_dict()))
    assert entry["groups"] == [["a", "c", "f"], ["b", "d", "e"]]
    assert (entry["adapters"], entry["chosen"], entry["kind"], entry["trained"]) == (2, True, "choice", True)


def test_constraints_hold_and_are_completed_by_training() -> None:
    laboratory = Laboratory(planted(HOME, 0.06), error=0.01)
    outcome = found_by(laboratory, constraints=Constraints.of(apart=[["a", "c"]], together=[["a", "b"]]))
    home = outcome.partition.served_by
    assert outcome.partition.adapters == 2
    assert home["a"] == home["b"] != home["c"]


def test_a_group_that_cannot_be_trained_is_asked_for_once() -> None:
    refused = frozenset({("a", "c", "f")})
    laboratory = Laboratory(planted(HOME, 0.06), error=0.01, refused=refused)
    outcome = found_by(laboratory, budget=Budget(models=6, rounds=3, draws=24))
    assert sum(batch.count(("a", "c", "f")) for batch in laboratory.batches) == 1
    assert [r.unavailable for r in outcome.rounds if r.unavailable] == [tuple(refused)]
    assert ("a", "c", "f") not in outcome.partition.groups
    assert not refused & set(outcome.trained)


def test_all_together_is_trained_first_where_it_was_not() -> None:
    laboratory = Laboratory(planted(HOME, 0.06), error=0.03)
    measured = laboratory.measure(pairs_and_all(TASKS)[:-1])
    laboratory.batches.clear()
    gains = MeanOfPairs.fit(TASKS, [of.gains() for of in measured.values()])
    outcome = search(
        gains, measured=measured, objective=BestGain(max_adapters=2), oracle=laboratory, budget=BUDGET, seed=0
    )
    assert laboratory.batches[0][0] == TASKS
    assert sum(len(batch) for batch in laboratory.batches) <= BUDGET.models
    assert outcome.partition == PLANTED


def test_reasons() -> None:
    laboratory = Laboratory(planted(HOME, 0.06), error=0.03)
    none = found_by(laboratory, budget=Budget(models=0, draws=24))
    assert (none.stopped, none.trained, laboratory.batches) == ("models", (), [])
    assert none.partition == Partition.together(TASKS)  # the only one with two adapters or fewer that was trained
    assert found_by(laboratory, budget=Budget(models=9, rounds=1, draws=24, tolerance=9.0)).stopped == "settled"
    assert "Settled after 0 trained groups" in found_by(laboratory, budget=Budget(models=2, tolerance=9.0)).reason


class TestFloors:
    """The objective that saves adapters."""

    MARGINS = dict.fromkeys(TASKS, 1.0)

    def outcome(self, effect: float, error: float, *, max_adapters: int | None = None) -> Outcome:
        laboratory = Laboratory(planted(HOME, effect))
        measured = {
            group: replace(of, delta_error=np.full(len(group), error))
            for group, of in laboratory.measure(pairs_and_all(TASKS)).items()
        }
        gains = Independent(TASKS, 0.05, {}).update([of.gains() for of in measured.values()])
        deltas = MeanOfPairs.fit(TASKS, [of.deltas() for of in measured.values()])
        objective = FewestAdapters(margins=self.MARGINS, max_adapters=max_adapters)
        return search(
            gains, deltas=deltas, measured=measured, oracle=laboratory, budget=BUDGET, objective=objective, seed=0
        )

    def test_as_few_as_no_task_pays_for(self) -> None:
        outcome = self.outcome(effect=0.05, error=0.3)  # five points up at home, five down abroad
        assert outcome.partition == PLANTED
        assert outcome.shortfall <= 0

    def test_nothing_is_shared_where_the_loss_is_not_known_well_enough(self) -> None:
        outcome = self.outcome(effect=0.0, error=3.0)
        assert outcome.partition == Partition.singles(TASKS)

    def test_under_a_hard_cap_the_least_shortfall_is_taken_and_told(self) -> None:
        outcome = self.outcome(effect=0.05, error=0.3, max_adapters=1)
        assert outcome.partition == Partition.together(TASKS)
        assert outcome.shortfall > 0

    def test_a_predictor_of_deltas_is_asked_for(self) -> None:
        with pytest.raises(ValueError, match="Expected a predictor of deltas"):
            found_by(Laboratory(nothing), objective=FewestAdapters(margins=self.MARGINS))


def test_studies_are_resumed_without_repetition(tmp_path: Path) -> None:
    url = study_url(tmp_path / "study.sqlite")

    class Killed(Laboratory):
        def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
            if len(groups) < 10:
                raise KeyboardInterrupt
            return super().measure(groups)

    with pytest.raises(KeyboardInterrupt), open_studies(url, TASKS) as studies:
        found_by(Killed(planted(HOME, 0.06), error=0.03), studies=studies)
    with open_studies(url, TASKS) as studies:
        outcome = found_by(Laboratory(planted(HOME, 0.06), error=0.03), studies=studies)
        first = [trial.user_attrs["groups"] for trial in studies.proposals.trials]
    with open_studies(url, TASKS) as studies:
        found_by(Laboratory(planted(HOME, 0.06), error=0.03), studies=studies)
        assert [trial.user_attrs["groups"] for trial in studies.proposals.trials] == first
        trained = {trial.user_attrs["groups"]: trial for trial in studies.trained.trials}
        assert len(trained) == len(studies.trained.trials)
    assert len(first) == len(set(first))
    assert {trial.state for trial in trained.values()} == {TrialState.COMPLETE}
    assert trained[Partition.singles(TASKS).to_json()].value == 0.0
    chosen = trained[outcome.partition.to_json()]
    gains = [outcome.measured[group].gain.sum() for group in outcome.partition.groups]
    assert chosen.value == pytest.approx(sum(gains) / 6)
    assert chosen.user_attrs["predicted"].keys() == chosen.user_attrs["measured"].keys() == set(TASKS)
    assert sum(chosen.user_attrs["measured"].values()) == pytest.approx(sum(gains))
    with open_studies(url, TASKS) as studies:
        assert f"{outcome.partition}, trial {chosen.number};" in studies.trained.user_attrs["choice"]
    assert chosen.user_attrs["predicted_mean_gain"] != chosen.value


def test_refusals() -> None:
    laboratory = Laboratory(nothing, error=0.01)
    with pytest.raises(
        InputError, match="no grouping that meets the constraints was trained; it takes 1 more, such as"
    ):
        found_by(laboratory, budget=Budget(models=0), constraints=Constraints.of(apart=[["a", "b"]]))
    with pytest.raises(InputError, match="no grouping can meet"):
        found_by(laboratory, constraints=Constraints.of(alone=["a", "b"]))
    with pytest.raises(ValueError, match="between 0 and 1, but got 1"):
        found_by(laboratory, confidence=1.0)
    with pytest.raises(ValueError, match="draws of 2 or more"):
        Budget(models=1, draws=1)


def test_what_failed_before_is_not_proposed_nor_what_holds_it() -> None:
    """The best pair and all-together cannot be trained; a larger group with the pair was, and may be chosen."""
    friends = dict.fromkeys(TASKS, 0)
    laboratory = Laboratory(planted(friends, 0.1), error=0.01)
    pairs = [pair for pair in pairs_and_all(TASKS) if len(pair) == 2 and pair != ("a", "b")]
    measured = dict(laboratory.measure([*pairs, ("a", "b", "c")]))
    outcome = search(
        MeanOfPairs.fit(TASKS, [of.gains() for of in measured.values()]), measured=measured, oracle=laboratory,
        objective=BestGain(max_adapters=2), budget=BUDGET, seed=1, unavailable=[("a", "b"), TASKS],
    )  # fmt: skip
    barred = [{"a", "b"}, set(TASKS)]
    groups = {group for proposal in outcome.proposals for group in proposal.grouping.groups}
    groups |= {group for round_ in outcome.rounds for group in round_.asked}
    assert not [group for group in groups if any(set(group) >= of for of in barred) and group != ("a", "b", "c")]


def test_where_no_group_can_be_trained_singles_are_left() -> None:
    laboratory = Laboratory(nothing)
    outcome = search(
        MeanOfPairs.fit(TASKS, []), measured={}, oracle=laboratory, objective=BestGain(), budget=BUDGET, seed=1,
        unavailable=pairs_and_all(TASKS),
    )  # fmt: skip
    assert outcome.partition == Partition.singles(TASKS)
    assert (outcome.mean_gain, outcome.bound) == (0, 0)
    assert laboratory.batches == []
    with pytest.raises(InputError, match="no grouping is left: groups that it needs could not be trained"):
        search(
            MeanOfPairs.fit(TASKS, []), measured={}, oracle=laboratory, objective=BestGain(max_adapters=1),
            budget=BUDGET, seed=1, unavailable=pairs_and_all(TASKS),
        )  # fmt: skip
