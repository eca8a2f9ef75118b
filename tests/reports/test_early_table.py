"""The table of first looks."""

from dataclasses import replace

from reports.early_table import early_table
from reports.html import page
from reports.inputs import Run, parse
from reports.records import EarlyLook, Evidence, Recommendation
from tests.reports import samples

LOOK = EarlyLook(
    passes=1.5,
    of_passes=3,
    looked=4,
    stopped=(("a", "b"),),
    tokens_saved=250,
    tokens_whole=1000,
    members=12,
    slope=0.9,
    slope_error=0.2,
    spread=0.0234,
    correlation=0.71,
)


def test_a_row_by_hand() -> None:
    table = early_table(LOOK)
    (cells,) = table.texts()
    assert cells == ["4", "1", "25 %", "+0.71", "+0.90 ± 0.20", "0.023", "12"]
    assert "after 1.5 of 3 passes" in table.caption
    assert table.caption.endswith("Stopped: {a, b}.")
    assert table.rows[0]["saved"] == 0.25


def test_nothing_is_shown_where_nothing_was_looked_at() -> None:
    assert not early_table(None)
    assert not early_table(EarlyLook())


def test_the_report_holds_it() -> None:
    found = samples.sample("six")
    recommendation = parse(Recommendation, found["recommendation.json"], place="")
    evidence = parse(Evidence, found["evidence.json"], place="")
    assert "First looks" not in page(Run(None, recommendation, evidence), {})
    shown = page(Run(None, recommendation, replace(evidence, early=LOOK)), {})
    assert "First looks" in shown
    assert "Stopped: {a, b}." in shown
