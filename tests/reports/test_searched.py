"""The answer of a search in words."""

from dataclasses import replace

from reports.searched import SearchedInfo, searched_table, searched_text

INFO = SearchedInfo(
    groups=[["a", "b", "c"], ["b", "d"]],
    served=[["a", "c"], ["b", "d"]],
    gains={"a": 0.5, "b": 0.25, "c": -0.125, "d": 0.0},
    value=0.625,
    together=-0.5,
    models=7,
    refused=0,
    resumed=0,
    stable=False,
)


def test_the_text_by_hand() -> None:
    assert searched_text(INFO) == "\n".join(
        [
            "group  serves  sum of gains  helped by",
            "-----  ------  ------------  ---------",
            "    1  a, c         +0.3750  b",
            "    2  b, d         +0.2500  -",
            "",
            "2 adapters for 4 tasks: the gains add up to +0.6250; every task alone is 0, all together -0.5000.",
            "Worse than alone: c.",
            "7 models trained. Gains are measured, and the choice is the best among what was trained.",
        ]
    )


def test_what_is_not_there_is_not_said() -> None:
    text = searched_text(replace(INFO, gains=dict.fromkeys("abcd", 0.1), together=None))
    assert "Worse" not in text
    assert "all together" not in text


def test_refusals_and_earlier_answers_are_counted() -> None:
    text = searched_text(replace(INFO, groups=[["a", "b"]], served=[["a", "b"]], refused=6, resumed=3))
    assert "1 adapter for 4 tasks" in text
    assert "1 model trained, 6 more asked for that could not be, 3 of all in an earlier run." in text


def test_text_from_data_cannot_steer_a_terminal() -> None:
    names = ["a\x1b[2J", "\u202eb\n"]
    info = replace(INFO, groups=[names], served=[names], gains=dict.fromkeys(names, -0.1))
    assert all(line.isprintable() for line in searched_text(info).splitlines())
    assert len(searched_text(info).splitlines()) == len(searched_text(INFO).splitlines()) - 1


def test_the_table_has_a_row_per_group() -> None:
    table = searched_table(INFO)
    assert [row["gain"] for row in table.rows] == [0.375, 0.25]
    assert [row["helpers"] for row in table.rows] == [["b"], []]


def test_a_search_that_ended_early_says_so() -> None:
    last = searched_text(replace(INFO, stable=True)).splitlines()[-1]
    assert last.startswith("7 models trained, and the search stopped as no better grouping is likely. Gains")
