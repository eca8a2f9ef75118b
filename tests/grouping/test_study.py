"""The studies: one trial per partition, however often a search is killed and resumed."""

from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from grouping.partition import Partition, all_partitions
from grouping.study import OBJECTIVES, PROPOSALS, TRAINED, open_studies, quiet, study_url
from tasks.errors import InputError
from tests.grouping.worlds import names

TASKS = names(3)
PAIR = Partition.of(["ab", "c"])


def test_a_proposal_is_a_finished_trial(tmp_path: Path) -> None:
    with open_studies(study_url(tmp_path / "study.sqlite"), TASKS) as studies:
        studies.propose(PAIR, mean_gain=0.1, worst=-0.2, attributes={"error": 0.05})
        (trial,) = studies.proposals.trials
    assert trial.state is TrialState.COMPLETE
    assert dict(zip(OBJECTIVES, trial.values, strict=True)) == {
        "mean gain": 0.1, "worst task's gain": -0.2, "adapters": 2
    }  # fmt: skip
    assert trial.params == {"a": 0, "b": 0, "c": 1}
    assert trial.user_attrs == {"groups": '[["a", "b"], ["c"]]', "partition": "{a, b} {c}", "error": 0.05}


def test_objectives_have_the_names_that_a_dashboard_shows(tmp_path: Path) -> None:
    with open_studies(study_url(tmp_path / "study.sqlite"), TASKS):
        pass
    again = {
        name: optuna.load_study(study_name=name, storage=study_url(tmp_path / "study.sqlite")).metric_names
        for name in (PROPOSALS, TRAINED)
    }
    assert again == {PROPOSALS: ["mean gain", "worst task's gain", "adapters"], TRAINED: ["mean gain"]}


def test_a_trained_partition_is_told_once_and_its_prediction_came_before(tmp_path: Path) -> None:
    with open_studies(study_url(tmp_path / "study.sqlite"), TASKS) as studies:
        studies.begin(PAIR, attributes={"predicted_mean_gain": 0.3})
        assert studies.trained.trials[0].state is TrialState.RUNNING
        studies.finish(PAIR, mean_gain=0.25)
        studies.finish(PAIR, mean_gain=9.0)
        studies.begin(PAIR, attributes={"predicted_mean_gain": 9.0})
        (trial,) = studies.trained.trials
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.25)
    assert trial.user_attrs["predicted_mean_gain"] == 0.3


def test_measured_gains_stand_beside_the_predicted_ones(tmp_path: Path) -> None:
    with open_studies(study_url(tmp_path / "study.sqlite"), TASKS) as studies:
        studies.begin(PAIR, attributes={"predicted": {"a": 0.2, "b": 0.1, "c": 0.0}})
        studies.finish(PAIR, mean_gain=0.1, measured={"a": 0.25, "b": 0.05, "c": 0.0})
        (trial,) = studies.trained.trials
    assert trial.user_attrs["measured"] == {"a": 0.25, "b": 0.05, "c": 0.0}
    assert trial.user_attrs["adapters"] == 2


def test_studies_say_what_they_hold_and_which_trial_is_the_answer(tmp_path: Path) -> None:
    url, other = study_url(tmp_path / "study.sqlite"), Partition.together(TASKS)
    with open_studies(url, TASKS) as studies:
        for partition in (PAIR, other):
            studies.begin(partition)
            studies.finish(partition, mean_gain=0.1)
        studies.choose(PAIR, why="so")
        studies.choose(other, why="by its bound")
    with open_studies(url, TASKS) as studies:
        assert studies.trained.user_attrs["choice"] == "{a, b, c}, trial 1; by its bound"
        assert studies.proposals.user_attrs["choice"] == "{a, b, c}"
        for study in (studies.trained, studies.proposals):
            assert "0 is no change, above 0 is better" in study.user_attrs["about"]
            assert "a, the first by name, is always in group 0" in study.user_attrs["parameters"]


def test_every_partition_is_another_point_of_one_search_space(tmp_path: Path) -> None:
    with open_studies(study_url(tmp_path / "study.sqlite"), TASKS) as studies:
        for partition in all_partitions(TASKS):
            studies.propose(partition, mean_gain=0.0, worst=0.0)
        trials = studies.proposals.trials
        assert len({tuple(trial.params.values()) for trial in trials}) == 5
        assert all(trial.distributions == trials[0].distributions for trial in trials)
        assert optuna.search_space.intersection_search_space(trials).keys() == set(TASKS)


def test_resuming_repeats_nothing_and_finishes_what_was_begun(tmp_path: Path) -> None:
    url, other = study_url(tmp_path / "study.sqlite"), Partition.together(TASKS)
    with open_studies(url, TASKS) as studies:
        studies.propose(PAIR, mean_gain=0.1, worst=0.0)
        studies.begin(PAIR)
        studies.finish(PAIR, mean_gain=0.1)
        studies.begin(other)
    with open_studies(url, TASKS) as studies:
        studies.propose(PAIR, mean_gain=0.2, worst=0.0)
        for partition, value in ((PAIR, 0.7), (other, 0.4)):
            studies.begin(partition)
            studies.finish(partition, mean_gain=value)
        assert [trial.values for trial in studies.proposals.trials] == [[0.1, 0.0, 2.0]]
        assert [(trial.state, trial.value) for trial in studies.trained.trials] == [
            (TrialState.COMPLETE, 0.1),
            (TrialState.COMPLETE, 0.4),
        ]


def test_a_group_that_could_not_be_trained_may_be_begun_again(tmp_path: Path) -> None:
    url = study_url(tmp_path / "study.sqlite")
    with open_studies(url, TASKS) as studies:
        studies.begin(PAIR)
        studies.finish(PAIR, mean_gain=None)
    with open_studies(url, TASKS) as studies:
        studies.begin(PAIR)
        studies.finish(PAIR, mean_gain=0.5)
        assert [trial.state for trial in studies.trained.trials] == [TrialState.FAIL, TrialState.COMPLETE]


def test_a_prefix_keeps_runs_of_one_database_apart(tmp_path: Path) -> None:
    url = study_url(tmp_path / "study.sqlite")
    for prefix in ("one-", "two-"):
        with open_studies(url, TASKS, prefix=prefix) as studies:
            studies.begin(PAIR)
            assert (studies.trained.study_name, len(studies.trained.trials)) == (f"{prefix}trained", 1)


def test_optuna_is_quiet_inside_only() -> None:
    before = optuna.logging.get_verbosity()
    with quiet():
        assert optuna.logging.get_verbosity() == optuna.logging.WARNING
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/study.sqlite", "nosuch://place", "not an address"])
def test_refuses_a_database_that_cannot_be_opened(url: str) -> None:
    with pytest.raises(InputError, match="the studies cannot be opened") as caught, open_studies(url, TASKS):
        pass
    assert caught.value.place == url
    assert "\n" not in str(caught.value)
