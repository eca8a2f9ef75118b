"""Staged training: what is hopeless is stopped, what may win is not, and only what was trained in full is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from affinity.gains import MeasuredGroup
from affinity.predictor import Measured
from affinity.predictors.mean_of_pairs import MeanOfPairs
from grouping.loop import search
from grouping.objective import BestGain, FewestAdapters
from grouping.partition import Group, Partition
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.rounds.screening import Early
from grouping.study import Studies, open_studies, study_url
from tests.grouping.worlds import Array, Independent, Laboratory, names, pairs_and_all, planted
from trainers.out_of_budget import OutOfJobs

TASKS = names(6)
HOME = dict(zip(TASKS, (0, 1, 0, 1, 1, 0), strict=True))
PLANTED = Partition.of(["acf", "bde"])


@dataclass
class Staged(Laboratory):
    """Looks see the true gains with an error of their own."""

    fidelity: float = 0.02
    lies: Mapping[Group, float] = field(default_factory=dict)
    looks: list[Group] = field(default_factory=list)
    ended: list[Group] = field(default_factory=list)

    def look(self, groups: Sequence[Group]) -> dict[Group, Early]:
        self.looks += groups
        found = {}
        for group in groups:
            if group in self.refused:
                continue
            noise = np.random.default_rng([self.seed, 1, *"+".join(group).encode()]).normal(size=len(group))
            mean = self.truth(group) + self.lies.get(group, 0.0) + self.fidelity * noise
            error = np.full(len(group), self.fidelity)
            found[group] = Early(gains=Measured(group, mean, error), deltas=Measured(group, 100 * mean, 100 * error))
        return found

    def stopped(self, groups: Sequence[Group]) -> None:
        self.ended += groups


def searched(laboratory: Staged, *, studies: Studies | None = None, staged: bool = True, models: int = 6) -> Outcome:
    measured = laboratory.measure(pairs_and_all(TASKS))
    laboratory.batches.clear()
    gains = MeanOfPairs.fit(TASKS, [of.gains() for of in measured.values()])
    return search(
        gains, measured=measured, oracle=laboratory, budget=Budget(models=models, rounds=3, draws=24), seed=1,
        objective=BestGain(max_adapters=2), staged=laboratory if staged else None, studies=studies,
    )  # fmt: skip


def full(laboratory: Staged) -> set[Group]:
    """What was trained to its end."""
    return {group for batch in laboratory.batches for group in batch}


@pytest.mark.parametrize("seed", range(4))
def test_the_planted_groups_are_found_and_less_is_trained(seed: int) -> None:
    laboratory = Staged(planted(HOME, 0.06), error=0.03, seed=seed)
    outcome = searched(laboratory)
    assert outcome.partition == PLANTED
    assert set(PLANTED.groups) <= full(laboratory)
    assert set(laboratory.ended) == {group for of in outcome.rounds for group in of.stopped}
    assert set(laboratory.looks) == {group for of in outcome.rounds for group in of.asked}
    assert not set(laboratory.ended) & set(outcome.trained)
    plain = Laboratory(planted(HOME, 0.06), error=0.03, seed=seed)
    assert plain.value(outcome.partition) == pytest.approx(laboratory.value(PLANTED))


def test_what_is_hopeless_is_stopped_and_never_chosen() -> None:
    """A look that says of the best group that it harms keeps it from being trained, and so from being chosen."""
    best = ("a", "c", "f")
    laboratory = Staged(planted(HOME, 0.06), error=0.01, fidelity=0.005, lies={best: -0.5})
    outcome = searched(laboratory)
    assert best in laboratory.ended
    assert best not in outcome.partition.groups
    assert best not in outcome.measured
    assert best not in full(laboratory)
    assert best not in outcome.trained


def test_a_vague_look_stops_nothing_that_may_win() -> None:
    laboratory = Staged(planted(HOME, 0.06), error=0.03, fidelity=0.5)
    assert searched(laboratory).partition == PLANTED
    assert not set(PLANTED.groups) & set(laboratory.ended)


def test_a_group_counts_as_a_model_whether_it_is_stopped_or_not() -> None:
    for models in (2, 4, 6):
        laboratory = Staged(planted(HOME, 0.02), error=0.03)
        outcome = searched(laboratory, models=models)
        assert len({group for of in outcome.rounds for group in of.asked}) <= models


def test_refused_groups_are_unavailable_and_not_stopped() -> None:
    laboratory = Staged(planted(HOME, 0.06), error=0.01, refused=frozenset({("a", "c", "f")}))
    outcome = searched(laboratory)
    assert [of.unavailable for of in outcome.rounds if of.unavailable] == [(("a", "c", "f"),)]
    assert ("a", "c", "f") not in laboratory.ended


def test_the_same_seed_gives_the_same_search() -> None:
    one, other = (searched(Staged(planted(HOME, 0.02), error=0.03)) for _ in range(2))
    assert [(of.asked, of.stopped) for of in one.rounds] == [(of.asked, of.stopped) for of in other.rounds]
    assert one.proposals == other.proposals


def test_studies_end_without_open_trials(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = study_url(tmp_path_factory.mktemp("studies") / "study.sqlite")
    with open_studies(url, TASKS) as studies:
        laboratory = Staged(planted(HOME, 0.06), error=0.01, fidelity=0.005, lies={("a", "c", "f"): -0.5})
        searched(laboratory, studies=studies)
        assert {trial.state.name for trial in studies.trained.trials} <= {"COMPLETE", "FAIL"}


def test_floors_hear_looks_too() -> None:
    laboratory = Staged(planted(HOME, 0.05), fidelity=0.001)
    measured = laboratory.measure(pairs_and_all(TASKS))
    gains = Independent(TASKS, 0.05, {}).update([of.gains() for of in measured.values()])
    deltas = MeanOfPairs.fit(TASKS, [of.deltas() for of in measured.values()])
    outcome = search(
        gains, deltas=deltas, measured=measured, oracle=laboratory, staged=laboratory, seed=0,
        budget=Budget(models=4, rounds=2, draws=24), objective=FewestAdapters(margins=dict.fromkeys(TASKS, 1.0)),
    )  # fmt: skip
    assert all(len(group) == 1 or group in outcome.measured for group in outcome.partition.groups)
    assert not set(outcome.partition.groups) & set(laboratory.ended)


class Ended(Laboratory):
    """Runs are used up."""

    def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
        raise OutOfJobs("used up")


def nothing(group: Group) -> Array:
    return np.zeros(len(group))


def test_a_limit_ends_in_the_best_that_was_measured() -> None:
    laboratory = Ended(planted(HOME, 0.06), error=0.01)
    told: list[Partition] = []
    measured = Laboratory(planted(HOME, 0.06), error=0.01).measure(pairs_and_all(TASKS))
    outcome = search(
        MeanOfPairs.fit(TASKS, [of.gains() for of in measured.values()]), measured=measured, oracle=laboratory,
        budget=Budget(models=6, rounds=3, draws=24, tolerance=0.0), objective=BestGain(max_adapters=2), seed=1,
        told=lambda now: told.append(now.partition),
    )  # fmt: skip
    assert outcome.stopped == "jobs"
    assert "kept for validation" in outcome.reason
    assert outcome.partition == Partition.together(TASKS)  # the only one of two adapters or fewer that was trained
    assert told == [outcome.partition]
    assert [of.asked for of in outcome.rounds] == [()]


def test_a_limit_before_anything_that_is_allowed_was_trained_is_told_of() -> None:
    laboratory = Ended(nothing)
    with pytest.raises(OutOfJobs):
        search(
            MeanOfPairs.fit(TASKS, []), measured={}, oracle=laboratory, budget=Budget(models=6, draws=24), seed=1,
            objective=BestGain(max_adapters=2),
        )  # fmt: skip
