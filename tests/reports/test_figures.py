"""The other figures: their records by hand, and their drawings."""

from dataclasses import replace

import numpy as np
import pytest

from reports.curves import PANELS, curves_info, draw_curves
from reports.figures import draw_all
from reports.forest import ROOMY, Change, ForestInfo, draw_forest, forest_info
from reports.inputs import parse
from reports.pareto import draw_pareto, pareto_info
from reports.predicted import draw_predicted, predicted_info
from reports.records import Evidence, GroupGains, Proposal, Recommendation
from tests.reports import samples
from tests.reports.conftest import ReadSample


def recommendation_of(name: str) -> Recommendation:
    return parse(Recommendation, samples.sample(name)["recommendation.json"], place="r")


def test_forest_rows_follow_the_tested_grouping() -> None:
    found = recommendation_of("refuted")
    info = forest_info(found)
    assert found.proposed is not None
    assert [row.task for row in info.rows] == [task for group in found.proposed for task in group]
    row = info.rows[0]
    outcome = found.tasks[row.task]
    assert outcome.delta is not None
    assert row.changes["choice"] == Change(outcome.delta, outcome.low, outcome.high)
    assert (row.group, row.margin, info.choice) == (1, 1.0, "refuted grouping")


def test_forest_without_validation_is_empty() -> None:
    assert forest_info(recommendation_of("unvalidated")).rows == ()


def test_forest_draws_margins_and_leaves_baselines_out_when_long() -> None:
    info = forest_info(recommendation_of("six"))
    labels = {text.get_text() for text in draw_forest(info).legends[0].get_texts()}
    assert labels == {"chosen grouping", "all together", "random grouping of the same shape", "minus the margin"}
    rows = tuple(replace(info.rows[0], task=f"task {i}") for i in range(ROOMY + 1))
    long = {text.get_text() for text in draw_forest(ForestInfo(rows, info.choice)).legends[0].get_texts()}
    assert long == {"chosen grouping", "minus the margin"}


def proposal(
    adapters: int, gain: float | None, worst: float | None = None, *, trained: bool = True, kind: str = "proposal"
) -> Proposal:
    return Proposal(groups=(("a",),), adapters=adapters, mean_gain=gain, worst=worst, trained=trained, kind=kind)


def test_pareto_front_holds_trained_groupings_with_more_gain_than_all_cheaper_ones() -> None:
    info = pareto_info(
        [
            proposal(3, 0.0, kind="single"),
            proposal(1, -0.1, kind="together"),
            proposal(2, 0.2),
            proposal(2, 0.3, trained=False),
            proposal(2, 0.1),
            proposal(2, None),
        ]
    )
    assert [(p.adapters, p.mean_gain, p.front) for p in info.points] == [
        (1, -0.1, True),
        (2, 0.3, False),
        (2, 0.2, True),
        (2, 0.1, False),
        (3, 0.0, False),
    ]
    (axes,) = draw_pareto(info).axes
    assert {text.get_text() for text in axes.texts} == {"every task alone", "all together"}


def test_pareto_front_also_holds_what_is_kinder_to_the_worst_task() -> None:
    info = pareto_info([proposal(2, 0.2, -0.1), proposal(2, 0.1, -0.02), proposal(3, 0.1, -0.03), proposal(3, 0.15)])
    assert [(p.adapters, p.mean_gain, p.front) for p in info.points] == [
        (2, 0.2, True),
        (2, 0.1, True),
        (3, 0.15, False),
        (3, 0.1, False),
    ]
    mean, worst = draw_pareto(info).axes
    assert (mean.get_ylabel(), worst.get_ylabel()) == ("mean gain (± standard error)", "gain of the worst task")


def test_predicted_by_hand() -> None:
    measured = [
        GroupGains(
            group=("a", "b"),
            phase="validation",
            gain={"a": 0.1, "b": 0.0},
            predicted={"a": 0.2, "b": None},
            predicted_error={"a": 0.05},
        ),
        GroupGains(group=("a", "c"), phase="search", gain={"a": -0.1, "c": 0.3}, predicted={"a": 0.0, "c": 0.3}),
        GroupGains(group=("b", "c"), phase="probe", gain={"b": 1.0, "c": 1.0}, predicted=None),
    ]
    info = predicted_info(measured, recommendation_of("six"))
    assert [(p.task, p.phase, p.predicted, p.measured) for p in info.points] == [
        ("a", "validation", 0.2, 0.1),
        ("a", "search", 0.0, -0.1),
        ("c", "search", 0.3, 0.3),
    ]
    assert info.points[0].predicted_error == 0.05
    assert info.difference == pytest.approx(np.sqrt(0.02 / 3))
    assert info.correlation == pytest.approx(np.corrcoef([0.2, 0, 0.3], [0.1, -0.1, 0.3])[0, 1])
    assert draw_predicted(info).axes[0].get_xlim() == draw_predicted(info).axes[0].get_ylim()


def test_test_gains_stand_in_for_missing_validation_entries() -> None:
    found = recommendation_of("six")
    info = predicted_info([], found)
    shared = [task for group in found.groups if len(group) > 1 for task in group]
    assert [point.task for point in info.points] == shared


def test_curves_show_reference_and_serving_group_and_skip_what_is_broken() -> None:
    curve = {"seed": 0, "grid": [1.0, 2.0, 3.0], "stop": [0.9, None, 0.7], "chosen": 2}
    broken = {**curve, "chosen": 1}
    runs = {"a": {"reference": [curve, broken], "a+b": [curve], "a+c": [curve]}, "b": {"reference": [broken]}}
    info = curves_info(parse(Evidence, {"curves": runs}, place="e"), (("a", "b"),))
    assert list(info.tasks) == ["a"]
    lines = info.tasks["a"]
    assert [(line.run, line.passes, line.loss, line.chosen) for line in lines] == [
        ("reference", (1.0, 3.0), (0.9, 0.7), 1),
        ("group", (1.0, 3.0), (0.9, 0.7), 1),
    ]
    assert draw_curves(info).axes[0].get_title(loc="left") == "a"


def test_curves_beyond_the_panels_are_counted(run_of: ReadSample) -> None:
    run = run_of("sixty")
    info = curves_info(run.evidence, run.recommendation.tested)
    assert (len(info.tasks), info.left_out) == (PANELS, 60 - PANELS)


def test_only_figures_with_data_are_drawn(run_of: ReadSample) -> None:
    run = run_of("unvalidated")
    assert "forest" not in (drawn := draw_all(run))
    assert "the proposed groups" in drawn["heatmap"].caption
    bare = replace(run, evidence=Evidence())
    assert set(draw_all(bare)) == {"heatmap", "graph", "dendrogram"}
