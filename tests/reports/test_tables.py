"""Tables: raw values in the rows, readable ones in the cells."""

import numpy as np
import pytest

from affinity.matrix import AffinityMatrix
from reports import audit_tables, tables
from reports.inputs import parse
from reports.records import Control, Matching, Recommendation
from tests.reports import samples
from tests.reports.conftest import ReadSample
from tests.reports.test_figures import recommendation_of
from tests.reports.test_words import plain


def test_verdicts_follow_the_tested_grouping() -> None:
    table = tables.verdicts(recommendation_of("refuted"))
    frame = table.frame()
    assert list(frame["group"]) == [1, 1, 2, 2, 2, 3]
    source = samples.sample("refuted")["recommendation.json"]["tasks"]
    assert list(frame["delta"]) == [source[task]["delta"] for task in frame["task"]]
    last = dict(zip([column.label for column in table.columns], table.texts()[-1], strict=True))
    assert (last["task"], last["95 % interval"], last["predicted gain"]) == ("verb", "reference", "0.000")


def test_tasks_in_no_group_are_listed_last() -> None:
    outcome = {"metric": "f1", "verdict": "not learnable", "delta": 0.0}
    value = {"groups": [["b"]], "tasks": {"a": outcome, "b": outcome}, "verdict": "confirmed", "validated": True}
    rows = tables.verdicts(parse(Recommendation, value, place="")).rows
    assert [(row["task"], row["group"], row["partners"]) for row in rows] == [("b", 1, []), ("a", None, [])]


def test_unvalidated_verdicts_show_no_measured_column() -> None:
    labels = [column.label for column in tables.verdicts(recommendation_of("unvalidated")).columns]
    assert labels == ["task", "group", "metric", "margin", "predicted gain", "verdict"]


def test_baselines_stress_the_answer() -> None:
    for name, answer in (("six", "choice"), ("refuted", "single")):
        table = tables.baselines(recommendation_of(name))
        assert [row["baseline"] for row in table.rows] == ["choice", "single", "together", "random"]
        assert table.emphasis is not None
        assert table.rows[table.emphasis]["baseline"] == answer
    assert not tables.baselines(recommendation_of("unvalidated"))


def test_what_training_takes_is_a_share_of_every_task_alone() -> None:
    value = samples.sample("six")["recommendation.json"]
    for key, flops in (("choice", 30.0), ("single", 40.0), ("together", 50.0)):
        value["baselines"][key]["flops"] = flops
    value["baselines"]["random"]["flops"] = None
    table = tables.baselines(parse(Recommendation, value, place=""))
    assert [column.label for column in table.columns[:3]] == ["grouping", "adapters", "training"]
    assert [plain(row[2]) for row in table.texts()] == ["75 %", "100 %", "125 %", "\N{EN DASH}"]
    assert [table.columns[2].order(row) for row in table.rows] == [0.75, 1.0, 1.25, None]
    for baseline in value["baselines"].values():
        del baseline["flops"]
    labels = [column.label for column in tables.baselines(parse(Recommendation, value, place="")).columns]
    assert "training" not in labels  # an older run's


def test_how_far_the_choice_is_ahead_stands_beside_every_baseline() -> None:
    value = samples.sample("six")["recommendation.json"]
    value["baselines"]["compared"] = value["baselines"]["random"]
    value["comparisons"] = {
        "single": {"gain": 0.01, "low": -0.01, "high": 0.03, "p_superior_holm": 0.3},
        "together": {"gain": 0.042, "low": 0.03, "high": 0.054, "p_superior_holm": 0.001},
        "compared": {"gain": -0.002, "low": -0.02, "high": 0.016, "p_superior_holm": 1.0},
    }
    table = tables.baselines(parse(Recommendation, value, place=""))
    assert [row["baseline"] for row in table.rows] == ["choice", "single", "together", "random", "compared"]
    shown = [plain(row[-1]) for row in table.texts()]
    none = "\N{EN DASH}"
    assert shown == [none, "+0.010 (-0.010 to +0.030)", "+0.042 (+0.030 to +0.054)*", none, "-0.002 (-0.020 to +0.016)"]
    assert table.columns[-1].label == "the choice is ahead by"
    assert "asterisk" in table.caption
    value["verdict"] = "refuted"
    assert tables.baselines(parse(Recommendation, value, place="")).columns[-1].label == "the proposal is ahead by"


def test_any_grouping_of_singles_is_the_reference() -> None:
    arm = {"groups": [["a"], ["b"]], "adapters": 2, "mean_gain": 0.0, "mean_gain_low": 0.0, "mean_gain_high": 0.0}
    value = {
        "groups": [["a"], ["b"]],
        "tasks": {},
        "verdict": "confirmed",
        "baselines": {"choice": arm, "random": None},
    }
    (row,) = tables.baselines(parse(Recommendation, value, place="")).texts()
    assert row[:4] == ["chosen grouping", "2", "0.000", "reference"]


def test_affinities_by_hand() -> None:
    matrix = AffinityMatrix(("a", "b"), np.array([[0, 0.1], [-0.2, 0]]), np.array([[0, 0.01], [np.nan, 0]]))
    table = tables.affinities(matrix)
    assert [plain(" | ".join(row)) for row in table.texts()] == [
        "b | a | -0.200 | – | – | no",
        "a | b | +0.100 | 0.010 | +0.080 to +0.120 | yes",
    ]


def test_affinities_hold_every_directed_pair_once(matrix: AffinityMatrix) -> None:
    rows = tables.affinities(matrix).rows
    assert len({(row["source"], row["target"]) for row in rows}) == len(rows) == 30
    assert all(matrix[row["source"], row["target"]] == row["score"] for row in rows)


def test_costs_are_shares_of_all_pairs() -> None:
    table = tables.costs(recommendation_of("six").cost)
    frame = table.frame().set_index("phase")
    assert list(frame.index) == ["probe", "search", "validation", "total", "pairs_reference"]
    assert frame.loc["pairs_reference", "share_of_pairs"] == 1
    parts = frame.loc[["probe", "search", "validation"], "flops"].sum()
    assert frame.loc["total", "flops"] == pytest.approx(parts)


def test_step_matching_and_controls() -> None:
    table = tables.step_matching([Matching(target="t", source="s", against_equal_passes=0.22, against_reference=0.05)])
    assert table.texts() == [["s", "t", "+0.220", "+0.050", "–", "+0.170"]]
    assert "as often" not in table.caption  # how often depends on sizes, mixing and aggregator
    control = tables.controls([Control(source="s", target="t", score=0.0, error=0.01, p=0.0002, p_holm=0.4)])
    assert control.texts() == [["s", "t", "0.000", "0.010", "< 0.001", "0.400"]]
    assert not tables.controls([])


def test_audit(run_of: ReadSample) -> None:
    audit = run_of("six").evidence.audit
    assert audit_tables.findings(audit).texts()[2][:3] == ["note", "suite", "sizes"]
    row = audit_tables.data(audit).texts()[0]
    assert row == ["complexity", "binary", "600", "150", "150", "400", "accuracy", "0.500", "6.3"]


@pytest.mark.parametrize("audit", [None, {}, {"findings": "none", "sizes": [3]}])
def test_missing_audit_gives_empty_tables(audit: dict[str, object] | None) -> None:
    assert not audit_tables.findings(audit)
    assert not audit_tables.data(audit)
