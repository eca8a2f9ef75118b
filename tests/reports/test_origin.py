"""Measured and predicted scores are told apart wherever they are shown."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PatchCollection

from affinity.matrix import AffinityMatrix
from reports import figures, tables, words
from reports.heatmap import draw_heatmap, heatmap_info
from reports.inputs import parse
from reports.origin import KNOWN, origin
from reports.records import Control, GroupGains, Recommendation, Spent
from tests.reports import samples
from tests.reports.test_words import plain
from trainers.cost import Cost

MATRIX = AffinityMatrix(("a", "b"), np.array([[0, 0.1], [-0.02, 0]]), np.array([[0, 0.01], [0.02, 0]]))


def made_by(estimator: str) -> AffinityMatrix:
    return replace(MATRIX, estimator=estimator)


def test_what_estimators_give() -> None:
    assert origin("pairwise").measured
    assert not origin("pairwise").predicted
    assert origin("hybrid").predicted
    assert origin("linearized").predicted
    assert not origin("cosine").gains
    assert origin("").measured, "of a matrix that was given nothing is said"
    assert origin("").sentence == ""
    assert origin("someone's").sentence == "Estimated by someone's, not measured."


@pytest.mark.parametrize("name", KNOWN)
def test_the_heatmap_begins_with_where_scores_come_from(name: str) -> None:
    drawing = figures.heatmap(made_by(name))
    assert KNOWN[name].sentence in drawing.caption
    label = draw_heatmap(drawing.info).axes[0].child_axes[0].get_ylabel()
    expected = {
        "pairwise": ("Affinity of every source", "gain of the target"),
        "hybrid": ("Predicted affinity of every source", "predicted gain of the target"),
        "linearized": ("Predicted affinity of every source", "predicted gain of the target"),
        "lookahead": ("Score by lookahead of every source", "score by lookahead, no gain"),
        "features": ("Score by features of every source", "score by features, no gain"),
        "cosine": ("Score by cosine of every source", "score by cosine, no gain"),
        "scores": ("Affinity of every source", "gain of the target:\nscore in the pair - score alone"),
        "losses": ("Affinity of every source", "gain of the target:\nloss alone - loss in the pair"),
        "gains": ("Affinity of every source", "gain of the target:\nas the table gives it"),
    }[name]
    assert drawing.title.startswith(expected[0])
    assert label.startswith(expected[1])


def test_partly_measured_scores_say_so() -> None:
    mixed = origin("losses+hybrid")
    assert mixed.sentence.startswith(KNOWN["losses"].sentence)
    assert "not trained are predicted, by a Gaussian process" in mixed.sentence
    assert mixed.unit == KNOWN["losses"].unit
    assert "near the mean of the target's pairs" in origin("gains+mean_of_pairs").sentence
    assert origin("scores+magic").sentence == "Estimated by scores+magic, not measured."


def test_predicted_cells_are_named_and_marked() -> None:
    scores = np.array([[0, 0.1, 0.3], [-0.02, 0, 0.1], [0.2, 0.1, 0]])
    matrix = AffinityMatrix(("c", "a", "b"), scores, np.full((3, 3), 0.01) * (1 - np.eye(3)), estimator="scores+hybrid")
    predicted = np.zeros((3, 3), dtype=bool)
    predicted[0, 2] = predicted[2, 0] = True
    drawing = figures.heatmap(matrix, predicted=predicted)
    assert "1 of 3 pairs was not trained: {b, c}." in drawing.caption
    assert "strongest help is c to b (predicted), +0.300" in plain(drawing.caption)
    assert "Dotted frames: predicted." in drawing.caption
    assert {(row["source"], row["target"]) for row in drawing.rows if row["predicted"]} == {("b", "c"), ("c", "b")}
    plainly = figures.heatmap(matrix)
    assert "Dotted" not in plainly.caption
    assert "predicted" not in plainly.rows[0]
    frames = [len(of.get_paths()) for of in drawing.figure.axes[0].collections if isinstance(of, PatchCollection)]
    assert frames == [2]


def test_sentences_of_predicted_scores_and_of_scores_that_are_no_gains() -> None:
    predicted = plain(words.heatmap_sentence(heatmap_info(made_by("hybrid"))))
    assert "The strongest predicted help is a to b, +0.100" in predicted
    assert "the strongest predicted hurt is b to a, -0.020" in predicted
    score = plain(words.heatmap_sentence(heatmap_info(made_by("cosine"))))
    assert "The highest score is a to b, +0.100" in score
    assert "the lowest is b to a, -0.020" in score
    assert "help" not in score


def affinities(estimator: str, pairs: int, trained: list[list[str]]) -> str:
    found = {**samples.sample("six")["recommendation.json"]}
    found["affinities"] = {"estimator": estimator, "pairs": pairs, "trained_pairs": trained}
    return words.affinities_sentence(parse(Recommendation, found, place=""))


def test_the_summary_says_which_pairs_were_measured() -> None:
    assert affinities("pairwise", 1, [["a", "b"]]) == "Affinities are measured: 1 of 1 pair was trained."
    assert affinities("hybrid", 3, []) == "Affinities are predicted by hybrid; no pair was trained."
    assert affinities("linearized", 3, [["a", "b"], ["b", "c"]]) == (
        "Affinities are predicted by linearized; 2 of 3 pairs were trained and measured: {a, b} and {b, c}."
    )
    assert affinities("cosine", 3, [["a", "b"]]).startswith("Affinities are scores by cosine; 1 of 3 pairs")
    found = parse(Recommendation, samples.sample("six")["recommendation.json"], place="")
    assert words.affinities_sentence(found) == ""


def test_a_trained_pair_stands_beside_its_prediction() -> None:
    pair = GroupGains(group=("a", "b"), phase="search", gain={"a": -0.05, "b": 0.04}, gain_error={"a": 0.01, "b": 0.02})
    table = tables.affinities(made_by("hybrid"), [pair])
    assert [column.label for column in table.columns][2] == "predicted gain of the target"
    assert [plain(" | ".join(row)) for row in table.texts()] == [
        "a | b | +0.100 | 0.010 | +0.080 to +0.120 | yes | +0.040 ± 0.020",
        "b | a | -0.020 | 0.020 | -0.059 to +0.019 | no | -0.050 ± 0.010",
    ]
    assert len(tables.affinities(made_by("pairwise"), [pair]).columns) == 6
    fresh = replace(pair, phase="validation")
    assert tables.affinities(made_by("hybrid"), [fresh]).texts()[0][-1] == "–"


def test_a_modelled_cost_is_called_modelled() -> None:
    spent = Spent(probe=Cost(seconds=1, flops=1e12, jobs=3), pairs_reference=Cost(flops=4e12, jobs=9))
    assert "modelled" not in words.cost_sentence(spent)
    modelled = replace(spent, pairs_reference_modelled=True)
    assert plain(words.cost_sentence(modelled)).endswith(
        "25 % of the computation of training all singles and pairs (modelled, as the pairs were not trained)."
    )
    table = tables.costs(modelled)
    assert table.columns[-1].label == "share of all pairs (modelled)"
    assert table.rows[-1]["name"] == "all singles and pairs (modelled)"
    assert "not trained" in table.caption


def test_predicted_controls_are_marked() -> None:
    row = Control(source="s", target="t", score=0.0, error=0.01, p=0.5, p_holm=0.5, measured=False)
    table = tables.controls([row])
    assert table.texts()[0][-1] == "no"
    assert "predicted" in table.caption
