"""Figures look the same whatever Matplotlib was told before, and leave nothing behind."""

import matplotlib as mpl
import pytest

from reports.heatmap import draw_heatmap, heatmap_info
from reports.lettering import drawable, printable
from reports.style import png, svg
from tests.reports.test_order import random_matrix


def test_users_settings_have_no_influence_and_are_kept() -> None:
    expected = png(draw_heatmap(heatmap_info(random_matrix(0, 3))))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "pink", "savefig.dpi": 20}):
        figure = draw_heatmap(heatmap_info(random_matrix(0, 3)))
        assert png(figure) == expected
        assert mpl.rcParams["font.size"] == 30


def test_file_has_letters_as_paths_and_page_as_text() -> None:
    figure = draw_heatmap(heatmap_info(random_matrix(0, 2)))
    assert b"<text" not in svg(figure)
    assert b">task_00</text>" in svg(figure, inline=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "plain"), ("a\nb\tc", "a b c"), ("\x1b[31m", " [31m"), ("x" * 30, "x" * 27 + "\N{HORIZONTAL ELLIPSIS}")],
)
def test_drawable_is_one_short_line(text: str, expected: str) -> None:
    assert drawable(text) == expected


def test_printable_keeps_what_a_terminal_can_show() -> None:
    assert printable("中\u202e\x07\N{DIRECT HIT}") == "中  \N{DIRECT HIT}"
