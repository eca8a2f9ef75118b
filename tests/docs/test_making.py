"""Docstrings, signatures and notebooks become what Sphinx reads."""

import json

import pytest

from docs.making.docstrings import converted, process
from docs.making.notebooks import as_markdown
from docs.making.signatures import shortened


def test_a_table_becomes_a_list_table_where_it_stood() -> None:
    lines = ["before", "", "| a | b |", "|---|:-:|", "| 1 | `x` |", "| 2 | y |", "", "after"]
    assert converted(lines) == [
        "before",
        "",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - a",
        "     - b",
        "   * - 1",
        "     - `x`",
        "   * - 2",
        "     - y",
        "",
        "",
        "after",
    ]


def test_lines_with_bars_that_are_no_table_stay() -> None:
    lines = ["a | b", "| a line block", "| of two lines", "--version"]
    assert converted(lines) == lines


@pytest.mark.parametrize(("what", "more"), [("attribute", 2), ("property", 2), ("function", 0)])
def test_the_first_colon_of_a_field_ends_no_type(what: str, more: int) -> None:
    lines = ["True if a text is scored: as a whole."]
    process(None, what, "", None, None, lines)  # type: ignore[arg-type]
    assert len(lines) == 1 + more
    assert lines[-1] == "True if a text is scored: as a whole."


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("(x: ~numpy.ndarray[tuple[~typing.Any, ...], ~numpy.dtype[~numpy.float64]])", "(x: NDArray[np.float64])"),
        ("(x: ~numpy.ndarray[tuple[typing.Any, ...], ~numpy.dtype[~typing.Any]])", "(x: NDArray[Any])"),
        ("(cost: ~trainers.cost.Cost = <factory>)", "(cost: ~trainers.cost.Cost = ...)"),
        (
            "(names: dict[str, int], *, seed: int = 0) -> list[str]",
            "(names: dict[str, int], *, seed: int = 0) -> list[str]",
        ),
    ],
)
def test_signatures_are_as_they_were_written(signature: str, expected: str) -> None:
    assert shortened(signature) == expected


def cell(kind: str, source: list[str] | str, *outputs: dict[str, object]) -> dict[str, object]:
    return {"cell_type": kind, "source": source, "metadata": {}} | (
        {"outputs": list(outputs)} if kind == "code" else {}
    )


def test_a_notebook_becomes_a_page_with_its_outputs() -> None:
    cells = [
        cell("markdown", ["# Tour\n", "\n", "Words."]),
        cell(
            "code",
            ["print(1)\n", "plot()"],
            {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
            {"output_type": "display_data", "data": {"image/png": "QUJD\n", "text/plain": ['<Figure "x">']}},
            {"output_type": "execute_result", "data": {"text/html": "<b>no</b>", "text/plain": "yes"}},
            {"output_type": "error", "ename": "ValueError", "evalue": "wrong", "traceback": ["..."]},
        ),
        cell("code", "x = 2"),
    ]
    page = as_markdown(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    fence = "`````"
    parts = [
        "# Tour\n\nWords.",
        f"{fence}python\nprint(1)\nplot()\n{fence}",
        f"{fence}text\n1\n{fence}",
        '<img class="output" alt="&lt;Figure &quot;x&quot;&gt;" src="data:image/png;base64,QUJD">',
        f"{fence}text\nyes\n{fence}",
        f"{fence}text\nValueError: wrong\n{fence}",
        f"{fence}python\nx = 2\n{fence}",
    ]
    assert page == "\n\n".join(parts) + "\n"
