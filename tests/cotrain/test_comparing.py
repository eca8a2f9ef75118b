"""Two run folders side by side: what is comparable, what is said, and that the other order is the mirror."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.comparing import compare_runs, run_names
from reports.comparison import Comparison
from tasks.errors import InputError
from tasks.metrics import METRICS
from tests.cotrain.compared_samples import GROUPS, TASKS, mirrored, rounded, sample_run
from tests.reports import samples

OTHER = [[TASKS[0], TASKS[1]], [TASKS[2], TASKS[3], TASKS[4]], [TASKS[5]]]


def compared(folder: Path, **second: Any) -> Comparison:
    return compare_runs(sample_run(folder / "one"), sample_run(folder / "two", **{"seed": 1} | second))


def test_the_same_findings_agree_in_everything(tmp_path: Path) -> None:
    found = compare_runs(sample_run(tmp_path / "one"), sample_run(tmp_path / "two"))
    assert found.affinities is not None
    assert (found.affinities.verdict, found.affinities.pearson.value) == ("agree", pytest.approx(1))
    assert found.groupings is not None
    assert found.groupings.likeness.same
    assert (found.standing.better, found.costs.cheaper) == ("equal", "equal")
    assert found.differing == ()
    assert found.unknown == ()


def test_only_what_differs_is_listed(tmp_path: Path) -> None:
    found = {(of.area, of.field): (of.value.a, of.value.b) for of in compared(tmp_path, rank=4).differing}
    assert found.pop(("settings", "seed")) == ("0", "1")
    assert found.pop(("settings", "method.r")) == ("8", "4")
    assert found.pop(("machine", "workers")) == ("1", "2")
    assert set(found) == {("data", f"tasks.{name}") for name in TASKS}  # by their hash, not by their place
    assert "test 400" in found["data", f"tasks.{TASKS[0]}"][0]


def test_scores_are_compared_where_test_examples_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "error", replace(METRICS["accuracy"], name="error", direction="minimize"))

    def other_metrics(objects: dict[str, Any]) -> None:
        objects["recommendation.json"]["tasks"][TASKS[4]]["metric"] = "error"

    one = sample_run(tmp_path / "one", change=other_metrics)
    two = sample_run(tmp_path / "two", seed=1, tests={TASKS[0]: "u" * 64}, change=other_metrics)
    rows = {row.task: row for row in compare_runs(one, two).per_task}
    assert rows[TASKS[0]].why_not == "the test examples differ"
    assert rows[TASKS[0]].served is None
    same = rows[TASKS[1]]
    assert same.comparable
    assert same.sides.a.single is not None
    assert same.sides.b.single is not None
    assert same.alone == pytest.approx(100 * (same.sides.b.single - same.sides.a.single))
    error = rows[TASKS[4]]  # of an error the lower is better
    assert error.sides.a.grouped is not None
    assert error.sides.b.grouped is not None
    assert error.served == pytest.approx(100 * (error.sides.a.grouped - error.sides.b.grouped))


def test_the_mean_difference_has_an_interval_over_tasks(tmp_path: Path) -> None:
    found = compared(tmp_path)
    points = [row.served for row in found.per_task]
    standing = found.standing
    assert standing.served is not None
    assert standing.served.value == pytest.approx(sum(of for of in points if of is not None) / 6)
    assert standing.served.low is not None
    assert standing.served.high is not None
    assert standing.served.low < standing.served.value < standing.served.high
    assert standing.tasks == standing.higher.a + standing.higher.b == 6
    assert (standing.better == "undecided") == (standing.served.low <= 0 <= standing.served.high)


def test_after_a_refutation_a_task_is_served_alone(tmp_path: Path) -> None:
    found = compared(tmp_path, verdict="refuted")
    row = found.per_task[0]
    assert row.sides.a.grouped is not None
    assert row.sides.b.single is not None
    assert row.served == pytest.approx(100 * (row.sides.b.single - row.sides.a.grouped))
    assert found.groupings is not None
    assert found.groupings.proposed.a is None
    assert found.groupings.proposed.b is not None
    assert all(len(group) == 1 for group in found.groupings.groups.b)
    assert found.groupings.judged_by.a.b.basis == "definition"  # every task alone gains nothing


def test_folders_of_earlier_versions_have_no_hash_of_test_examples(tmp_path: Path) -> None:
    one, two = sample_run(tmp_path / "one"), sample_run(tmp_path / "two", seed=1)
    same = sample_run(tmp_path / "same")
    for folder in (one, two, same):
        marks = json.loads((folder / "fingerprints.json").read_text())
        del marks["tests"]
        (folder / "fingerprints.json").write_text(json.dumps(marks))
    assert all(row.comparable for row in compare_runs(one, same).per_task)
    reasons = {row.why_not for row in compare_runs(one, two).per_task}
    assert reasons == {"the data differ, and a folder does not say whether its test examples do"}
    (two / "fingerprints.json").unlink()
    found = compare_runs(one, two)
    assert {row.why_not for row in found.per_task} == {"a folder does not say which data it is of"}
    assert found.unknown == ("data",)


def test_each_run_judges_the_other_answer_by_what_it_measured(tmp_path: Path) -> None:
    def trained(objects: dict[str, Any]) -> None:
        entry = {"group": OTHER[1], "phase": "search", "seeds": 1, "gain": dict.fromkeys(OTHER[1], 0.1)}
        objects["evidence.json"]["measured"].append(entry | {"gain_error": dict.fromkeys(OTHER[1], 0.01)})

    one = sample_run(tmp_path / "one", change=trained)
    two = sample_run(tmp_path / "two", seed=1, groups=OTHER)
    found = compare_runs(one, two).groupings
    assert found is not None
    assert found.likeness.rand is not None
    assert found.likeness.rand < 1
    own, other = found.judged_by.a.a, found.judged_by.a.b
    assert own.basis == "test"
    assert other.basis == "select half"
    pair = json.loads((one / "affinity.json").read_text())["scores"]
    i, j = TASKS.index(OTHER[0][0]), TASKS.index(OTHER[0][1])
    assert other.mean == pytest.approx((3 * 0.1 + pair[i][j] + pair[j][i]) / 6)
    assert found.judged_by.b.a.basis == "not measured"
    assert found.judged_by.b.a.missing == (tuple(sorted(GROUPS[0])),)


def test_the_other_order_is_the_mirror(tmp_path: Path) -> None:
    one = sample_run(tmp_path / "one")
    others = [
        sample_run(tmp_path / "two", seed=1, groups=OTHER, tests={TASKS[0]: "u" * 64}),
        sample_run(tmp_path / "three", seed=2, verdict="refuted"),
        samples.write(tmp_path / "twelve", samples.sample("twelve")),
        samples.write(tmp_path / "plain", {"affinity.json": samples.sample("six")["affinity.json"]}),
    ]
    for other in others:
        there, back = compare_runs(one, other).to_dict(), compare_runs(other, one).to_dict()
        assert rounded(mirrored(back)) == rounded(mirrored(mirrored(there)))


def test_runs_with_other_tasks_are_compared_over_those_of_both(tmp_path: Path) -> None:
    twelve = samples.write(tmp_path / "twelve", samples.sample("twelve"))
    found = compare_runs(sample_run(tmp_path / "six"), twelve)
    assert found.tasks.shared == tuple(sorted(TASKS))
    assert found.tasks.only.a == ()
    assert len(found.tasks.only.b) == 6
    assert found.affinities is not None
    assert len(found.affinities.pairs) == 30
    assert found.groupings is not None
    assert found.groupings.likeness.tasks == tuple(sorted(TASKS))
    assert found.standing.gain_difference is None  # means over other tasks
    assert found.costs.cheaper == "not compared"
    assert found.unknown == ("settings", "data", "machine")


def test_affinities_alone_are_compared_alone(tmp_path: Path) -> None:
    plain = samples.write(tmp_path / "plain", {"affinity.json": samples.sample("six")["affinity.json"]})
    found = compare_runs(plain, sample_run(tmp_path / "whole", seed=1))
    assert found.affinities is not None
    assert (found.groupings, found.per_task, found.standing.better) == (None, (), "not compared")
    assert found.runs.a.kind == "affinities"
    assert set(found.costs.phases) >= {"probe", "validation"}
    assert found.costs.phases["total"].a is None


def test_a_given_grouping_has_no_affinities(tmp_path: Path) -> None:
    def given(objects: dict[str, Any]) -> None:
        objects["recommendation.json"]["objective"] = {"name": "given"}
        del objects["affinity.json"]

    found = compared(tmp_path, change=given)
    assert (found.runs.b.kind, found.runs.b.affinities, found.affinities) == ("given", False, None)
    assert found.groupings is not None
    assert found.groupings.likeness.same
    assert found.standing.tasks == 6


def test_what_is_not_learnable_counts_for_nothing(tmp_path: Path) -> None:
    def dull(objects: dict[str, Any]) -> None:
        objects["recommendation.json"]["learnable"][TASKS[0]] = False

    found = compared(tmp_path, change=dull)
    assert found.tasks.not_learnable == (TASKS[0],)
    assert found.affinities is not None
    assert {pair.target for pair in found.affinities.pairs if not pair.counts} == {TASKS[0]}


def test_scores_of_other_units_are_compared_by_rank(tmp_path: Path) -> None:
    def cosine(objects: dict[str, Any]) -> None:
        objects["affinity.json"]["estimator"] = "cosine"

    found = compared(tmp_path, change=cosine)
    assert found.affinities is not None
    assert not found.affinities.same_scale
    assert found.groupings is not None  # a run's cosines say nothing of gains, its trained groups do


def test_a_run_that_has_not_ended_is_compared_by_its_answer_so_far(tmp_path: Path) -> None:
    def going(objects: dict[str, Any]) -> None:
        objects["recommendation.json"]["complete"] = False

    found = compared(tmp_path, change=going)
    assert (found.runs.a.complete, found.runs.b.complete) == (True, False)
    assert found.costs.cheaper == "not compared"


def refusal(*folders: Path) -> str:
    with pytest.raises(InputError) as caught:
        cotrain.compare(*folders)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_run_is_refused_in_one_line(tmp_path: Path) -> None:
    one = sample_run(tmp_path / "one")
    assert "no such folder" in refusal(one, tmp_path / "missing")
    assert "this is a file" in refusal(one / "suite.yaml", one)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no run folder" in refusal(one, empty)
    (empty / "ledger.sqlite").touch()
    assert "nothing is measured in this run yet" in refusal(one, empty)
    (tmp_path / "link").symlink_to(one)
    assert "both are the same run" in refusal(one, tmp_path / "link")
    strange = samples.affinity(["x", "y"], [["x"], ["y"]])
    other = samples.write(tmp_path / "strange", {"affinity.json": strange})
    assert "no task in common" in refusal(one, other)
    samples.write(other, {"affinity.json": strange | {"schema": 2}})
    assert 'expected "schema": 1, found 2' in refusal(one, other)

    def begun(objects: dict[str, Any]) -> None:
        objects["recommendation.json"]["complete"] = False

    new = sample_run(tmp_path / "new", change=begun)
    (new / "affinity.json").unlink()
    assert "nothing is measured in this run yet" in refusal(one, new)


def test_names_are_as_long_as_it_takes(tmp_path: Path) -> None:
    assert vars(run_names(Path("/x/run"), Path("/x/other"))) == {"a": "run", "b": "other"}
    assert vars(run_names(Path("/x/run"), Path("/y/run"))) == {"a": "x/run", "b": "y/run"}
    assert vars(run_names(Path("/x/run"), Path("/x/run/lora"))) == {"a": "run", "b": "lora"}
