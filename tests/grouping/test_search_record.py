"""A search in the two Optuna studies: every proposal and every choice once, covers among them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import optuna
import pytest

from affinity.predictor import Measured
from grouping.cover import Cover
from grouping.search_record import record_search
from grouping.sequential import Asked, Step
from grouping.study import PROPOSALS, TRAINED, study_url

TASKS = ("a", "b", "c")
COVER = Cover.of([["a", "b"], ["b", "c"]], {"a": 0, "b": 0, "c": 1})
TOGETHER = Cover.of([TASKS], dict.fromkeys(TASKS, 0))


def asked(proposal: Cover | None, choice: Cover | None, value: float) -> Asked:
    step = Step(group=("b", "c"), proposal=proposal)
    if proposal is not None:
        step = Step(group=("b", "c"), proposal=proposal, predicted=0.9, error=0.3, worst=-0.1)
    return Asked(step=step, answer=Measured(("b", "c"), np.zeros(2), np.zeros(2)), choice=choice, value=value)


def record(path: Path, answers: Sequence[Asked]) -> list[Asked]:
    told: list[Asked] = []
    with record_search(path, TASKS, told.append) as say:
        for of in answers:
            say(of)
    return told


def load(path: Path, name: str) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name=name, storage=study_url(path)).trials


def test_proposals_and_choices_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    answers = [asked(None, None, -np.inf), asked(COVER, TOGETHER, 0.3), asked(COVER, COVER, 0.6)]
    assert record(path, answers) == answers
    (proposal,) = load(path, PROPOSALS)
    assert proposal.values == pytest.approx([0.3, -0.1, 2.0])
    assert proposal.params == {"a": 0, "b": 0, "c": 1}
    assert json.loads(proposal.user_attrs["groups"]) == json.loads(COVER.to_json())
    assert proposal.user_attrs["partition"] == "{a, b} {c + b}"
    assert (proposal.user_attrs["error"], proposal.user_attrs["asked"]) == (pytest.approx(0.1), "b+c")
    together, cover = load(path, TRAINED)
    assert (together.value, cover.value) == pytest.approx((0.1, 0.2))
    assert together.user_attrs["groups"] == TOGETHER.to_json()
    assert cover.user_attrs["asked"] == "b+c"
    study = optuna.load_study(study_name=TRAINED, storage=study_url(path))
    assert study.user_attrs["choice"] == "{a, b} {c + b}, trial 1; the best of what was trained"


def test_a_search_that_goes_on_records_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    answers = [asked(None, TOGETHER, 0.3), asked(COVER, COVER, 0.6)]
    record(path, answers[:1])
    assert record(path, answers) == answers
    record(path, answers)
    for name, count in ((PROPOSALS, 1), (TRAINED, 2)):
        trials = load(path, name)
        assert len(trials) == count == len({trial.user_attrs["groups"] for trial in trials})
        assert {trial.state for trial in trials} == {optuna.trial.TrialState.COMPLETE}
