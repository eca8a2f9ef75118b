"""The final summary: the same facts in colour and in plain text, on wide and narrow terminals."""

from io import StringIO

import pytest
from rich.console import Console

from reports.inputs import parse
from reports.records import Recommendation
from reports.terminal import plain_summary, summary
from tests.reports import samples
from tests.reports.test_figures import recommendation_of


def printed(recommendation: Recommendation, width: int) -> str:
    out = StringIO()
    Console(file=out, width=width, force_terminal=False).print(summary(recommendation))
    return out.getvalue()


def test_plain_summary_is_ascii_and_complete() -> None:
    text = plain_summary(recommendation_of("six"))
    assert text.isascii()
    assert text.endswith(".\n")
    for expected in ("Train 6 tasks", "Confirmed.", "predicted gain", "measured gain", "random, same shape", "Finding"):
        assert expected in text
    row = next(line for line in text.splitlines() if line.startswith("clone "))
    assert row.split()[-2:] == ["+0.046", "confirmed"]


def test_unvalidated_summary_has_no_baselines() -> None:
    text = plain_summary(recommendation_of("unvalidated"))
    assert "Not validated" in text
    assert "all together" not in text


@pytest.mark.parametrize("width", [80, 100, 200])
def test_every_task_keeps_one_line_with_its_interval_and_verdict(width: int) -> None:
    lines = printed(recommendation_of("twelve"), width).splitlines()
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if line.startswith("clone "))
    assert "to +3.2" in row
    assert row.rstrip().endswith("confirmed")
    assert any("predicted gain" in line for line in lines) == (width >= 80)


def test_names_are_no_markup_and_steer_no_terminal() -> None:
    value = samples.sample("six")["recommendation.json"]
    value["tasks"]["[red]x[/red]\x1b[31m"] = value["tasks"].pop("verb")
    value["groups"] = [["[red]x[/red]\x1b[31m"], ["clone", "code_search"]]
    text = printed(parse(Recommendation, value, place=""), 160)
    assert "[red]x[/red] [31m" in text
    assert "\x1b" not in text
