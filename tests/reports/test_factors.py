"""The five factors as sentences and rows."""

from dataclasses import replace
from pathlib import Path

import pytest

from affinity.factors import Architecture, Asymmetry, Complementarity, Estimate, Factors, Quality, Stability
from affinity.factors.asymmetry import OneSided
from affinity.factors.complementarity import Excess, Giver
from reports import factor_tables, factor_words
from reports.html import all_tables
from reports.inputs import read_run
from tests.reports import samples
from tests.reports.conftest import ReadSample
from tests.reports.test_report import html_of, parsed
from tests.reports.test_words import plain

SURE = Estimate(0.05, 0.01, 0.03, 0.07)
UNSURE = Estimate(-0.02, 0.02, -0.06, 0.02)


def test_nothing_known_says_nothing() -> None:
    assert factor_words.sentences(None) == []
    assert not factor_tables.by_task(None)
    assert not factor_tables.by_group(None)


def test_what_was_not_measured_says_why() -> None:
    said = dict(factor_words.sentences(Factors(missing={"stability": "no \x1b[31m pair"})))
    assert said["Task stability"] == "Not measured: no  [31m pair."
    assert said["Asymmetry"] == "Not measured."
    assert list(said) == list(factor_words.NAMES.values())


def test_stability() -> None:
    sure = Stability("a", 3, 0.04, 0.02, 0.09, seeds=0.01, seeds_low=0.005, seeds_high=0.02)
    unsure = Stability("b", 3, 0.01, 0.0, 0.05)
    assert plain(factor_words.stability_sentence([unsure, sure])) == (
        "Who shares the adapter matters most for a: beyond noise its gains spread over partners by 0.040 (95 % "
        "interval 0.020 to 0.090). From seed to seed a run of a moves by 0.010. 1 of 2 tasks has a spread beyond noise."
    )
    assert plain(factor_words.stability_sentence([unsure])) == (
        "No task is shown to depend on who shares its adapter: the largest spread of gains over partners, that of b, "
        "is 0.010 (95 % interval 0.000 to 0.050), within noise."
    )


def test_architecture() -> None:
    found = Architecture("small", "large", 12, 0.4, -0.1, 0.9, 0.5, 0.2, 0.8, ceiling=0.55)
    assert plain(factor_words.architecture_sentence([found])) == (
        "Affinities of small and large have a rank correlation of +0.40 (95 % interval -0.10 to +0.90, within noise) "
        "within a target and of +0.50 (95 % interval +0.20 to +0.80) over all 12 directed pairs; noise allows 0.55 "
        "within a target; 0 is chance."
    )
    bare = replace(found, within=None, within_low=None, within_high=None, pooled_low=None, ceiling=None)
    assert plain(factor_words.architecture_sentence([bare])) == (
        "Affinities of small and large have a rank correlation of +0.50 over all 12 directed pairs; 0 is chance."
    )
    flat = replace(bare, pooled=None, pooled_high=None)
    assert "do not vary enough" in factor_words.architecture_sentence([flat])


def test_complementarity() -> None:
    group = Excess(("a", "b", "c"), 0.03, 0.05, UNSURE)
    found = Complementarity((group,), UNSURE, (Giver("a", 2, SURE), Giver("b", 2, UNSURE)))
    assert plain(factor_words.complementarity_sentence(found)) == (
        "Against the mean of their pairs, 1 group of three or more gains -0.020 (95 % interval -0.060 to +0.020, "
        "within noise) per task. The best partner is a, which gives others +0.050 (95 % interval +0.030 to +0.070) on "
        "average; the worst is b with -0.020 (95 % interval -0.060 to +0.020, within noise)."
    )
    alone = Complementarity((), None, (Giver("a", 1, SURE),))
    assert factor_words.complementarity_sentence(alone) == (
        "No group of three or more was measured with all of its pairs."
    )
    (row,) = factor_tables.by_group(Factors(complementarity=found)).texts()
    assert [plain(cell) for cell in row] == ["3", "+0.030", "+0.050", "-0.020", "-0.060 to +0.020", "no", "{a, b, c}"]


def test_asymmetry() -> None:
    pairs = (OneSided("a", "b", 0.06, 0.01, SURE), OneSided("b", "c", 0.0, 0.0, Estimate(0.0, 0.02, -0.04, 0.04)))
    assert plain(factor_words.asymmetry_sentence(Asymmetry(pairs, 0.7, 0.3, 0.1, 0.5))) == (
        "The most one-sided pair is a to b against b to a, +0.050 (95 % interval +0.030 to +0.070). 1 of 2 pairs has "
        "an interval that excludes 0; chance alone gives 0.1. Noise explains 30 % of how the scores differ; of the "
        "rest, 30 % (95 % interval 10 % to 50 %) goes one way only."
    )
    assert plain(factor_words.asymmetry_sentence(Asymmetry(pairs[1:], 0.0, None, None, None))) == (
        "No pair is shown to help one way more than the other: the largest difference is b to c against c to b, 0.000 "
        "(95 % interval -0.040 to +0.040, within noise). Noise explains 100 % of how the scores differ."
    )
    many = Asymmetry((pairs[0], *pairs[1:] * 29), None, None, None, None)
    assert plain(factor_words.asymmetry_sentence(many)).endswith(
        "1 of 30 pairs has an interval that excludes 0; no more than chance, 1.5."
    )


def test_quality() -> None:
    found = [Quality("a", 0.02, 0.0, 0.0, 0.6, None), Quality("b", 0.01, 0.0, 0.0, None, None)]
    assert plain(factor_words.quality_sentence(found)) == (
        "The largest shares over tasks: rows with conflicting labels 2.0 % (a), rows of the commonest class 60 % (a). "
        "No task has test rows that train holds word for word or nearly or test rows in another task's train split."
    )


def test_the_table_holds_every_task_once_with_what_is_known() -> None:
    found = Factors(
        stability=(Stability("b", 3, 0.04, 0.02, 0.09, seeds=0.01),),
        complementarity=Complementarity((), None, (Giver("c", 2, SURE),)),
        quality=(Quality("a", 0.02, 0.0, 0.1, 0.6, None),),
    )
    assert [[plain(cell) for cell in row] for row in factor_tables.by_task(found).texts()] == [
        ["a", *["–"] * 5, "2.0 %", "0 %", "10 %", "60 %", "–"],
        ["b", "0.040", "0.020 to 0.090", "0.010", *["–"] * 7],
        ["c", "–", "–", "–", "+0.050", "+0.030 to +0.070", *["–"] * 5],
    ]
    data = factor_tables.by_task(Factors(quality=found.quality))
    assert [column.label for column in data.columns][:3] == ["task", "conflicting labels", "test rows in train"]


@pytest.mark.parametrize("name", ["six", "unvalidated", "sixty"])
def test_a_run_that_knows_factors_has_the_section(run_of: ReadSample, name: str) -> None:
    run = run_of(name)
    text = " ".join(" ".join(parsed(html_of(run)).text).split())
    assert "Why: five factors" in text
    assert [row["task"] for row in all_tables(run)["factors"].rows] == list(run.recommendation.tasks)
    for label in factor_words.NAMES.values():
        assert label in text


def test_an_old_run_has_no_section(tmp_path: Path) -> None:
    objects = samples.sample("six")
    del objects["evidence.json"]["factors"]
    html = html_of(read_run(samples.write(tmp_path, objects)))
    assert "five factors" not in html
    assert 'href="#why"' not in html
