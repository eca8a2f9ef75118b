"""The flat figures of an answer are those of recommendation.json, and what is not known is left out."""

import math
from typing import Any

import pytest

from cotrain.answer_figures import answer_figures, answer_words


def test_figures_of_a_validated_answer(found: dict[str, Any]) -> None:
    figures = answer_figures(found)
    assert figures["adapters"] == len(found["groups"])
    assert figures["tasks"] == 5
    choice = found["baselines"]["choice"]
    for name in ("mean_gain", "mean_gain_low", "mean_gain_high", "worst_delta"):
        assert figures[name] == choice[name]
    for name, task in found["tasks"].items():
        assert (figures[f"delta/{name}"], figures[f"delta_low/{name}"]) == (task["delta"], task["low"])
    finding = found["cost"]["probe"]["flops"] + found["cost"]["search"]["flops"]
    assert figures["cost/of_singles_and_pairs"] == pytest.approx(finding / found["cost"]["pairs_reference"]["flops"])
    assert figures["cost/jobs"] == found["cost"]["total"]["jobs"]
    assert all(math.isfinite(value) for value in figures.values())


def test_words_of_an_answer(found: dict[str, Any]) -> None:
    words = answer_words(found)
    assert words["verdict"] == found["verdict"]
    assert words["groups"].count("{") == len(found["groups"])
    assert "proposed" not in words
    assert answer_words(found | {"proposed": [["hue", "same"]]})["proposed"] == "{hue, same}"


def test_an_answer_that_is_not_validated_has_no_measured_figures(found: dict[str, Any]) -> None:
    tasks = {
        name: dict(task, delta=None, low=None, high=None, gain=None, predicted=None)
        for name, task in found["tasks"].items()
    }
    bare = found | {"tasks": tasks, "baselines": dict.fromkeys(found["baselines"])}
    figures = answer_figures(bare)
    assert {"adapters", "tasks", "cost/seconds"} <= figures.keys()
    assert not [name for name in figures if "gain" in name or "delta" in name]
