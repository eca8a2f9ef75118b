import pytest

from tasks.audit.sizes import detectable_points, size_findings, sizes
from tests.tasks.audit.build import clean_texts, make_task


def test_counts_rows_and_units() -> None:
    texts = {"train": ["a", "b", "c"], "stop": ["d"], "select": ["e", "f"], "test": ["g", "h"]}
    task = make_task("t", texts, units={"train": [0, 0, 1], "stop": [2], "select": [3, 4], "test": [5, 5]})
    (table,) = sizes([task])
    assert table.rows == {"train": 3, "stop": 1, "select": 2, "test": 2}
    assert table.units == {"train": 2, "stop": 1, "select": 2, "test": 1}


def test_margin_of_one_point_needs_about_sixteen_thousand_rows() -> None:
    # 3.24^2 x 0.15 / 0.01^2
    assert detectable_points(15_746) == pytest.approx(1.0, abs=1e-4)
    assert detectable_points(400) == pytest.approx(2 * detectable_points(1600))
    assert detectable_points(0) == float("inf")


def test_small_and_empty_splits_are_named() -> None:
    task = make_task("t", {**clean_texts(0), "select": ["one"], "test": []})
    found = {finding.message: finding.severity for finding in size_findings(sizes([task])) if finding.task}
    assert found == {
        "select has only 1 row; below 50 a score says little.": "warning",
        "test has only 0 rows; below 50 a score says little.": "serious",
    }


def test_one_sentence_tells_which_margins_cannot_be_settled() -> None:
    tasks = [
        make_task("few", clean_texts(0)),
        make_task("more", clean_texts(1, rows=240)),
        make_task("number", clean_texts(2), kind="regression", classes=(), metric="r2"),
    ]
    (finding,) = size_findings(sizes(tasks))
    assert finding.severity == "note"
    assert finding.message.startswith("2 of 3 tasks have too few test rows")
    assert "`few` can settle 16.2 points of accuracy with 60 units" in finding.message
