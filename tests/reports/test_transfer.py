"""Losing pairs at equal sizes and an aggregator's weights, in words and tables."""

from dataclasses import replace

import pytest

from reports import transfer_tables
from reports.inputs import parse
from reports.records import EqualSize, Recommendation, WeightShare
from reports.terminal import plain_summary
from reports.transfer_words import equal_sizes_sentences
from tests.reports import samples

DOMINANCE = EqualSize(
    source="clone",
    target="defect",
    source_examples=90_000,
    target_examples=2_000,
    before=-0.08,
    before_error=0.01,
    after=0.004,
    after_error=0.012,
    change=0.084,
    change_error=0.011,
    change_low=0.06,
    change_high=0.108,
    verdict="dominance",
    reason="at equal sizes the loss vanishes",
    seeds=3,
)
UNANSWERED = EqualSize(
    source="a",
    target="b",
    source_examples=5,
    target_examples=9,
    verdict="not answerable",
    reason="the target is larger",
)


def told(*pairs: EqualSize) -> Recommendation:
    return replace(parse(Recommendation, samples.sample("six")["recommendation.json"], place=""), equal_sizes=pairs)


def test_a_sentence_by_hand() -> None:
    assert equal_sizes_sentences(told(DOMINANCE)).replace("\N{MINUS SIGN}", "-") == (
        "At equal sizes, clone to defect is dominance: the target's gain is -0.080 ± 0.010 beside 90,000 examples and "
        "+0.004 ± 0.012 beside 2,000; at equal sizes the loss vanishes."
    )


def test_what_cannot_be_answered_is_one_line() -> None:
    lines = equal_sizes_sentences(told(DOMINANCE, *[UNANSWERED] * 10)).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Not answerable at equal sizes, as the source takes no more steps by its size: a to b, ")
    assert lines[1].endswith("and 2 more.")
    failed = replace(UNANSWERED, verdict="undecided", reason="its runs failed")
    assert equal_sizes_sentences(told(failed)) == "At equal sizes, a to b is undecided: its runs failed."


def test_nothing_asked_and_nothing_found_differ() -> None:
    assert equal_sizes_sentences(replace(told(), equal_sizes=None)) == ""
    assert "no pair has a negative score" in equal_sizes_sentences(told())


def test_the_summary_holds_it_in_ascii() -> None:
    text = plain_summary(told(DOMINANCE))
    assert text.isascii()
    assert "clone to defect is dominance: the target's gain is -0.080 +/- 0.010" in text


def test_tables_by_hand() -> None:
    (cells,) = transfer_tables.equal_sizes([DOMINANCE]).texts()
    assert [cell.replace("\N{MINUS SIGN}", "-") for cell in cells] == [
        "clone",
        "defect",
        "90,000 to 2,000",
        "-0.080 ± 0.010",
        "+0.004 ± 0.012",
        "+0.060 to +0.108",
        "dominance",
        "at equal sizes the loss vanishes",
    ]
    assert not transfer_tables.equal_sizes([])
    share = WeightShare(group=("a", "b"), task="a", share=0.7, least=0.2, most=0.96)
    (cells,) = transfer_tables.weight_shares([share]).texts()
    assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells] == ["{a, b}", "a", "70 %", "20 %", "96 %"]


def test_names_steer_no_terminal() -> None:
    wild = replace(DOMINANCE, source="x\x1b[31m", verdict="y\x1b", reason="z\x1b")
    assert "\x1b" not in equal_sizes_sentences(told(wild, replace(UNANSWERED, target="\x1b[2J")))


@pytest.mark.parametrize("value", [None, []])
def test_older_files_are_read(value: object) -> None:
    data = samples.sample("six")["recommendation.json"]
    assert parse(Recommendation, data, place="").equal_sizes is None
    assert parse(Recommendation, {**data, "equal_sizes": value}, place="").equal_sizes == (
        None if value is None else ()
    )
