"""Sentences on how sure the choice was, and on the looks that were taken."""

from typing import Any

from reports.inputs import parse
from reports.proof_words import proof_sentences
from reports.records import Recommendation
from reports.terminal import plain_summary
from tests.reports import samples
from tests.reports.test_words import plain


def _of(**more: Any) -> Recommendation:
    return parse(Recommendation, samples.sample("six")["recommendation.json"] | more, place="")


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert proof_sentences(_of()) == ""
    assert proof_sentences(_of(looks={"planned": [{"seeds": 3, "confidence": 0.95}], "taken": []})) == ""


def test_the_looks_by_hand() -> None:
    planned = [{"seeds": seeds, "confidence": 0.98} for seeds in (3, 6, 12)]
    taken = [{"seeds": {"a+b": 3}, "verdict": "undecided"}, {"seeds": {"a+b": 6}, "verdict": "confirmed"}]
    assert plain(proof_sentences(_of(looks={"planned": planned, "taken": taken}))) == (
        "Looks were planned after 3, 6 and 12 seeds, of which 2 of 3 were taken; intervals hold 95 % over all of them, "
        "98.0 % each if all noise is of runs."
    )


def test_the_probability_stands_in_the_summary() -> None:
    found = _of(probability_best=0.7)
    assert "with a probability of 70 %" in plain(proof_sentences(found))
    assert "with a probability of 70 %" in plain_summary(found)


def test_the_cheaper_way_to_a_decision_is_named() -> None:
    cost = samples.sample("six")["recommendation.json"]["cost"]
    hours = {"a": {"examples": 0.5, "seeds": 0.25}, "b": {"examples": 0.01, "seeds": None}, "c": {"examples": None}}
    assert plain(proof_sentences(_of(cost=cost | {"settling_hours": hours}))) == (
        "Deciding what is undecided would take, on one worker: a 15 min 00 s by more seeds, b 36 s by more examples."
    )
