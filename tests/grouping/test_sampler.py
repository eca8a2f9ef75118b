"""The sampler that is native on partitions."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from grouping.constraints import Constraints
from grouping.labels import suggest_partition
from grouping.partition import Partition, all_partitions
from grouping.sampler import EveryPartitionHeld, PartitionSampler
from grouping.sampling.reasons_why import WORDS
from grouping.sqlite_storage import sqlite_storage
from grouping.study import quiet, study_url
from tasks.errors import InputError
from tests.grouping.sampler_studies import BEST, HOMES, gains_of, mean_gain, new_study, step
from tests.grouping.worlds import names

TASKS = tuple(HOMES)
RULES = Constraints.of(together=[["a", "b"]], apart=[["a", "c"]], alone=["d"], max_tasks=3)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


def objective(trial: optuna.Trial) -> float:
    partition = suggest_partition(trial, TASKS)
    trial.set_user_attr("gains", gains_of(partition))
    return mean_gain(partition)


@pytest.mark.parametrize("gains", [True, False])
def test_finds_planted_groups_long_before_it_met_all(gains: bool) -> None:
    study = new_study(PartitionSampler(TASKS, seed=2))
    found = [step(study, TASKS, gains=gains) for _ in range(30)]  # of 203
    assert BEST in found


@pytest.mark.parametrize("gains", [True, False])
def test_finds_planted_groups_among_more_tasks_than_can_be_enumerated(gains: bool) -> None:
    tasks = names(14)
    homes = {task: index % 4 for index, task in enumerate(tasks)}
    study = new_study(PartitionSampler(tasks, seed=0))

    def value(partition: Partition) -> dict[str, float]:
        return {
            task: 0.1 * float(np.mean([1 if homes[task] == homes[other] else -1 for other in group if other != task]))
            for group in partition.groups
            for task in group
            if len(group) > 1
        }

    for _ in range(110):
        trial = study.ask()
        partition = suggest_partition(trial, tasks)
        if gains:
            trial.set_user_attr("gains", value(partition))
        study.tell(trial, sum(value(partition).values()) / len(tasks))
        if study.best_value > 0.0999:  # every task is with partners of its home, in however many groups
            return
    pytest.fail("the planted groups were not found")


@pytest.mark.parametrize("gains", [True, False])
def test_meets_every_partition_once_and_then_ends(gains: bool) -> None:
    tasks = names(5)
    study = new_study(PartitionSampler(tasks, seed=0))
    met = [step(study, tasks, gains=gains) for _ in range(52)]
    assert set(met) == set(all_partitions(tasks))
    with pytest.raises(EveryPartitionHeld, match="holds every allowed partition of a, b, c, d, e: nothing is left"):
        suggest_partition(study.ask(), tasks)


def test_optimize_ends_by_itself() -> None:
    study = new_study(PartitionSampler(TASKS[:4], seed=0))
    study.optimize(lambda trial: mean_gain(suggest_partition(trial, TASKS[:4])))
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 15


def test_threads_are_given_different_partitions() -> None:
    study = new_study(PartitionSampler(TASKS[:4], seed=0))
    study.optimize(lambda trial: mean_gain(suggest_partition(trial, TASKS[:4])), n_jobs=3)
    told = [tuple(trial.params.values()) for trial in study.trials if trial.state is TrialState.COMPLETE]
    assert len(told) == len(set(told)) == 15


def test_keeps_to_constraints_and_to_the_most_adapters() -> None:
    sampler = PartitionSampler(TASKS, seed=0, constraints=RULES, max_adapters=4)
    allowed = RULES.allowed(TASKS)
    want = {
        partition
        for partition in all_partitions(TASKS)
        if partition.adapters <= 4
        and all(allowed[sum(1 << TASKS.index(task) for task in group)] for group in partition.groups)
    }
    study = new_study(sampler)
    met = [step(study, TASKS) for _ in range(len(want))]
    assert set(met) == want
    with pytest.raises(EveryPartitionHeld):
        suggest_partition(study.ask(), TASKS)


def test_keeps_to_constraints_among_many_tasks() -> None:
    tasks = names(14)
    rules = Constraints.of(together=[["a", "b", "c"]], apart=[["a", "d"]], alone=["e"], max_tasks=5)
    study = new_study(PartitionSampler(tasks, seed=0, constraints=rules, max_adapters=5))
    generator = np.random.default_rng(0)
    for _ in range(12):
        trial = study.ask()
        partition = suggest_partition(trial, tasks)
        study.tell(trial, float(generator.standard_normal()))
        home = partition.served_by
        assert partition.adapters <= 5
        assert max(partition.shape) <= 5
        assert home["a"] == home["b"] == home["c"] != home["d"]
        assert ("e",) in partition.groups


@pytest.mark.parametrize("gains", [True, False])
def test_a_killed_study_goes_on_as_if_nothing_had_happened(tmp_path: Path, gains: bool) -> None:
    whole = new_study(PartitionSampler(TASKS, seed=5))
    want = [step(whole, TASKS, gains=gains) for _ in range(12)]
    got = []
    for _ in range(3):
        storage = sqlite_storage(tmp_path / "study.sqlite")
        study = new_study(PartitionSampler(TASKS, seed=5), storage=storage)
        got += [step(study, TASKS, gains=gains) for _ in range(4)]
        storage.remove_session()
        storage.engine.dispose()
    assert got == want


def test_what_is_running_or_failed_is_not_repeated() -> None:
    study = new_study(PartitionSampler(TASKS, seed=0))
    stale = [suggest_partition(study.ask(), TASKS) for _ in range(3)]
    failed = study.ask()
    stale.append(suggest_partition(failed, TASKS))
    study.tell(failed, state=TrialState.FAIL)
    study.enqueue_trial({"a": 0, "b": 0, "c": 1, "d": 1, "e": 2, "f": 2})
    study.sampler = PartitionSampler(TASKS, seed=0)  # as after a crash
    later = [step(study, TASKS) for _ in range(30)]
    assert len({*stale, *later}) == 34
    assert later[0] == Partition.of(["ab", "cd", "ef"])


def test_a_stale_trial_changes_nothing_but_its_own_partition() -> None:
    studies = [new_study(PartitionSampler(TASKS, seed=0)) for _ in range(2)]
    for study in studies:
        for _ in range(6):
            step(study, TASKS)
        suggest_partition(study.ask(), TASKS)
    studies[1].sampler = PartitionSampler(TASKS, seed=0)
    assert step(studies[0], TASKS) == step(studies[1], TASKS)


def test_the_order_of_tasks_is_nothing_to_it() -> None:
    one, other = (new_study(PartitionSampler(tasks, seed=1)) for tasks in (TASKS, TASKS[::-1]))
    assert [step(one, TASKS) for _ in range(10)] == [step(other, TASKS[::-1]) for _ in range(10)]


def test_minimising_is_maximising_the_other_way_round() -> None:
    up = new_study(PartitionSampler(TASKS, seed=1))
    down = new_study(PartitionSampler(TASKS, seed=1), direction="minimize")
    for _ in range(12):
        assert step(up, TASKS, gains=False) == step(down, TASKS, gains=False, sign=-1.0)
    assert up.trials[-1].user_attrs["predicted"]["value"] == -down.trials[-1].user_attrs["predicted"]["value"]


@pytest.mark.parametrize("gains", [True, False])
def test_a_violated_constraint_is_learned_and_is_no_incumbent(gains: bool) -> None:
    study = new_study(PartitionSampler(TASKS, seed=0))
    violated = []
    for _ in range(40):
        trial = study.ask()
        partition = suggest_partition(trial, TASKS)
        home = partition.served_by
        violated.append(home["a"] == home["c"])
        trial.set_constraint("a and c", 1.0 if violated[-1] else -1.0)
        if gains:
            trial.set_user_attr("gains", gains_of(partition))
        study.tell(trial, mean_gain(partition))
    feasible = [trial for trial, bad in zip(study.trials, violated, strict=True) if not bad]
    want = mean_gain(Partition.of(["a", "be", "c", "df"]))
    assert max(trial.value or 0.0 for trial in feasible) == pytest.approx(want)
    assert sum(violated[20:]) < 6


def test_a_trial_says_what_was_expected_and_why() -> None:
    study = new_study(PartitionSampler(TASKS, seed=0))
    for _ in range(25):
        step(study, TASKS)
    for trial in study.trials:
        assert set(trial.user_attrs) == {"partition", "predicted", "why", "gains"}
        assert trial.user_attrs["why"] in WORDS.values()
        assert trial.user_attrs["predicted"]["error"] >= 0
    assert [trial.user_attrs["why"] for trial in study.trials[:3]] == [
        "baseline",
        "baseline",
        "tasks that have not met",
    ]
    off = [abs(t.user_attrs["predicted"]["value"] - (t.value or 0.0)) for t in study.trials]
    assert np.mean(off[15:]) < np.mean(off[:8])


def test_gains_that_do_not_make_up_the_value_are_not_believed() -> None:
    with_wrong, without = (new_study(PartitionSampler(TASKS, seed=1)) for _ in range(2))
    for _ in range(8):
        trial = with_wrong.ask()
        partition = suggest_partition(trial, TASKS)
        trial.set_user_attr("gains", {task: float("nan") for task in TASKS})
        with_wrong.tell(trial, mean_gain(partition))
        assert step(without, TASKS, gains=False) == partition


def test_takes_over_a_study_that_another_sampler_began() -> None:
    study = new_study(optuna.samplers.RandomSampler(seed=0))
    before = {step(study, TASKS) for _ in range(20)}
    study.sampler = PartitionSampler(TASKS, seed=0)
    assert not before & {step(study, TASKS) for _ in range(10)}


def test_a_copy_proposes_the_same() -> None:
    sampler = PartitionSampler(TASKS, seed=0)
    study = new_study(sampler)
    for _ in range(5):
        step(study, TASKS)
    study.sampler = pickle.loads(pickle.dumps(sampler))
    proposed = suggest_partition(study.ask(), TASKS)
    other = new_study(PartitionSampler(TASKS, seed=0))
    assert [step(other, TASKS) for _ in range(6)][-1] == proposed


def test_a_logged_file_is_an_ordinary_study(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    storage = sqlite_storage(path)
    study = optuna.create_study(storage=storage, direction="maximize", sampler=PartitionSampler(TASKS, seed=0))
    study.optimize(objective, n_trials=2)
    assert len(optuna.load_study(study_name=None, storage=study_url(path)).trials) == 2
    storage.remove_session()
    storage.engine.dispose()


def test_refuses_several_objectives() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=PartitionSampler(TASKS, seed=0))
    with pytest.raises(ValueError, match="one objective for PartitionSampler, but got 2"):
        suggest_partition(study.ask(), TASKS)


def test_refuses_other_parameters() -> None:
    study = new_study(PartitionSampler(["a", "b"], seed=0))
    with pytest.raises(ValueError, match=r"Expected parameters `a`, `b` .*, but got `rate`"):
        study.ask().suggest_float("rate", 0, 1)


@pytest.mark.parametrize(
    ("tasks", "constraints", "message"),
    [
        (["a"], Constraints(), "2 to 62 different names"),
        (["a", "b", "b"], Constraints(), "2 to 62 different names"),
        (["a", "b"], Constraints.of(together=["ab"], apart=["ab"]), "no grouping can meet"),
        (names(14), Constraints.of(together=["ab"], apart=["ab"]), "no grouping can meet"),
        (names(14), Constraints.of(alone=["aa"]), "no task `aa`"),
    ],
)
def test_refuses_what_cannot_be(tasks: list[str], constraints: Constraints, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PartitionSampler(tasks, seed=0, constraints=constraints)
