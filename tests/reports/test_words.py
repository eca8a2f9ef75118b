"""Sentences by hand."""

from dataclasses import replace

import numpy as np

from affinity.matrix import AffinityMatrix
from reports import words
from reports.heatmap import heatmap_info
from reports.inputs import parse
from reports.records import Recommendation, Spent, Stopped
from tests.reports import samples
from tests.reports.test_figures import recommendation_of
from trainers.cost import Cost


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_confirmed() -> None:
    found = recommendation_of("six")
    assert words.recommendation_sentence(found) == (
        "Train 6 tasks with 3 adapters: {clone, code_search}, {complexity, docstring_match, exception_type} "
        "and verb alone."
    )
    assert words.verdict_sentence(found) == (
        "Confirmed. Every lower end lies above minus the margin, 3 adapters instead of 6. Test was opened once."
    )
    assert plain(words.objective_sentence(found)) == (
        "Asked for the fewest adapters such that no task falls below its margin with at most 3 adapters "
        "at 95 % confidence."
    )


def test_refuted_names_singles_and_what_was_refuted() -> None:
    sentence = words.recommendation_sentence(recommendation_of("refuted"))
    assert sentence.startswith("Train each of the 6 tasks alone; the proposed grouping, {clone, code_search}")
    assert sentence.endswith("was refuted on test.")


def test_unvalidated_says_so_first() -> None:
    found = recommendation_of("unvalidated")
    assert words.recommendation_sentence(found).startswith("Not validated: the probe runs propose to train 6 tasks")
    assert words.verdict_sentence(found).startswith("Not validated.")


def test_all_together_and_many_groups() -> None:
    one = parse(
        Recommendation, {"groups": [["a", "b"]], "tasks": {}, "verdict": "confirmed", "validated": True}, place=""
    )
    assert words.recommendation_sentence(one) == "Train all 2 tasks together with one adapter."
    assert words.recommendation_sentence(recommendation_of("sixty")) == (
        "Train 60 tasks with 10 adapters: 10 shared groups; the largest group holds 9."
    )
    assert words.describe_groups([("a", "b"), *((f"t{i}",) for i in range(9))]) == (
        "1 shared group and 9 tasks alone; the largest group holds 2"
    )


def test_learnable() -> None:
    found = {**samples.sample("six")["recommendation.json"], "learnable": {"verb": False, "clone": True}}
    sentence = words.learnable_sentence(parse(Recommendation, found, place=""))
    assert sentence.startswith("Not learnable at this budget: verb; alone it does not beat the constant predictor")
    assert words.learnable_sentence(recommendation_of("six")) == ""


def test_tasks_that_were_left_out_have_no_adapter_and_are_not_called_unlearnable() -> None:
    """In the sample `verb` stands alone, as a task does that could not be measured."""
    found = samples.sample("six")["recommendation.json"]
    found = {**found, "learnable": {"verb": False}, "left_out": {"verb": "its loss became nan; lower the rate"}}
    recommendation = parse(Recommendation, found, place="")
    assert words.left_out_sentence(recommendation) == (
        "Left out, as nothing could be measured: verb; its loss became nan; lower the rate."
    )
    assert words.learnable_sentence(recommendation) == ""
    assert words.recommendation_sentence(recommendation) == (
        "Train 5 tasks with 2 adapters: {clone, code_search} and {complexity, docstring_match, exception_type}."
    )
    assert words.left_out_sentence(recommendation_of("six")) == ""


def test_heatmap() -> None:
    matrix = AffinityMatrix(("a", "b"), np.array([[0, 0.1], [-0.02, 0]]), np.array([[0, 0.01], [0.02, 0]]))
    assert plain(words.heatmap_sentence(heatmap_info(matrix))) == (
        "The strongest help is a to b, +0.100 (95 % interval +0.080 to +0.120); the strongest hurt is b to a, -0.020 "
        "(95 % interval -0.059 to +0.019). 1 of 2 directed pairs has an interval that excludes 0."
    )


def test_heatmap_without_help_or_hurt() -> None:
    zeros = np.zeros((2, 2))
    sentence = words.heatmap_sentence(heatmap_info(AffinityMatrix(("a", "b"), zeros, zeros)))
    assert sentence.startswith("No source helps any target; no source hurts any target. 0 of 2")
    one = np.zeros((1, 1))
    assert "one task" in words.heatmap_sentence(heatmap_info(AffinityMatrix(("a",), one, one)))


def test_cost() -> None:
    spent = Spent(
        probe=Cost(seconds=100, flops=3e12, jobs=10),
        search=Cost(seconds=20, flops=1e12, jobs=1),
        validation=Cost(seconds=60, jobs=5),
        pairs_reference=Cost(seconds=400, flops=16e12),
        wall_seconds=95.0,
    )
    assert plain(words.cost_sentence(spent)) == (
        "Finding the groups took 11 runs, 2 min 00 s of worker time and 4.00 TFLOP, 25 % of the computation of "
        "training all singles and pairs. Validation took 5 runs and 1 min 00 s of worker time. "
        "The whole run took 1 min 35 s."
    )
    given = Spent(probe=Cost(), search=Cost(), validation=Cost(seconds=60, jobs=1), pairs_reference=Cost())
    assert plain(words.cost_sentence(given)) == "Validation took 1 run and 1 min 00 s of worker time."
    assert words.cost_sentence(Spent()) == "No cost was recorded."


def test_a_limit_that_ended_the_search_is_told_of() -> None:
    found = replace(parse(Recommendation, samples.sample("six")["recommendation.json"], place=""), validated=True)
    assert words.stopped_sentence(found) == ""
    sentence = words.stopped_sentence(replace(found, complete=False, stopped=Stopped("time", "validation")))
    assert sentence.startswith("The hours that were left were kept for validation")
    cut = replace(found, validated=False, complete=False, stopped=Stopped("jobs", "search"))
    assert words.stopped_sentence(cut) == ""
    assert words.recommendation_sentence(cut).startswith("Not validated: the answer so far is to train")
