"""Two runs side by side as tables, sentences, figures, on a terminal and as a page."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from affinity.both import Both, Difference
from affinity.concordance import Correlation, concordance
from affinity.matrix import AffinityMatrix
from cotrain.comparing import compare_runs
from reports import compared_page as pages
from reports.compared_figures import common_order, draw_scatter, heatmap_infos, scatter_info
from reports.compared_page import compared_page
from reports.compared_tables import all_tables
from reports.compared_terminal import ComparedSummary, plain_comparison
from reports.compared_words import answers, remarks
from reports.comparison import Comparison
from reports.heatmap import draw_heatmap
from reports.script import script
from tests.cotrain.compared_samples import TASKS, sample_run
from tests.reports.conftest import HOSTILE
from tests.reports.test_report import parsed

OTHER = [[TASKS[0], TASKS[1]], [TASKS[2], TASKS[3], TASKS[4]], [TASKS[5]]]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("compared")
    one, two = sample_run(folder / "small"), sample_run(folder / "large", seed=1, groups=OTHER)
    return compare_runs(one, two)


@pytest.fixture
def said(comparison: Comparison) -> dict[str, tuple[str, str]]:
    return {of.question: (of.word, of.sentence) for of in answers(comparison)}


def test_every_question_has_an_answer(said: dict[str, tuple[str, str]]) -> None:
    assert list(said) == [
        "Do they agree which tasks help or hurt each other?",
        "Do they recommend the same groups?",
        "Which is better?",
        "Which is cheaper?",
        "What differs between them?",
    ]
    word, sentence = said["Do they agree which tasks help or hurt each other?"]
    assert word == "agree"
    assert re.match(r"Pearson correlation 0\.\d\d \(0\.\d\d of ranks\) over 30 directed pairs of 6 tasks, 95", sentence)
    word, sentence = said["Do they recommend the same groups?"]
    assert word == "different"
    assert "Adjusted Rand index" in sentence
    assert "large never trained the groups of small" in sentence
    assert "On the same test examples" in said["Which is better?"][1]
    assert "3 adapters in both" in said["Which is cheaper?"][1]
    assert "Settings: seed (0, 1); 6 data sets; machine: workers (1, 2)." in said["What differs between them?"][1]


def affinities(comparison: Comparison, a: AffinityMatrix, b: AffinityMatrix, **settings: Any) -> tuple[str, str]:
    found = replace(comparison, affinities=concordance(a, b, **settings))
    return answers(found)[0].word, answers(found)[0].sentence


def matrix(scores: np.ndarray, error: float) -> AffinityMatrix:
    off = ~np.eye(len(scores), dtype=bool)
    return AffinityMatrix(TASKS[: len(scores)], np.where(off, scores, 0.0), np.where(off, error, 0.0))


def test_where_nothing_can_be_told_it_says_why(comparison: Comparison) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(6, 6))
    word, sentence = affinities(comparison, matrix(scores[:3, :3], 0.1), matrix(scores[:3, :3], 0.1))
    assert word == "undecided"
    assert "an interval takes four tasks" in sentence
    word, sentence = affinities(comparison, matrix(scores, 9.0), matrix(scores, 9.0))
    assert word == "undecided"
    assert "vary by no more than their errors" in sentence
    assert "No pair is sure to help or hurt in both runs" in sentence
    word, sentence = affinities(comparison, matrix(np.ones((6, 6)), 0.1), matrix(scores, 0.1))
    assert word == "undecided"
    assert "No correlation can be told" in sentence
    word, sentence = affinities(comparison, matrix(scores, 0.1), matrix(-scores, 0.1))
    assert word == "disagree"
    assert "The furthest is" in sentence
    assert "That is less than" in sentence
    assert comparison.affinities is not None
    for found, expected in (
        (Correlation(0.3, -0.2, 0.8, attainable=0.7), "The interval holds both 0, which is chance, and the about 0.70"),
        (Correlation(0.1, -0.4, 0.5, attainable=0.7), "less than the about 0.70 that noise alone allows, but"),
    ):
        open_ = replace(comparison.affinities, pearson=found, verdict="undecided")
        assert expected in answers(replace(comparison, affinities=open_))[0].sentence
    named = replace(comparison.runs.a, estimator="cosine")
    other = replace(comparison, runs=replace(comparison.runs, a=named))
    word, sentence = affinities(other, matrix(scores, 0.1), matrix(scores, 0.1), same_scale=False)
    assert word == "agree"
    assert sentence.startswith("Rank correlation 1.00")
    assert "Scores by cosine are no gains, so ranks are compared" in sentence


def test_better_and_cheaper_name_the_run(comparison: Comparison) -> None:
    clear = replace(comparison.standing, served=Difference(-2.0, -3.0, -1.0), better="a")
    costs = replace(comparison.costs, adapters=Both(3, 2), cheaper="b")
    found = answers(replace(comparison, standing=clear, costs=costs))
    better, cheaper = found[2], found[3]
    assert (better.word, better.named, cheaper.word, cheaper.named) == ("small", True, "large", True)
    assert "small serves 6 tasks 2.0 points better on average" in better.sentence
    assert "interval over tasks +1.0 to +3.0" in better.sentence
    assert "3 adapters in small and 2 adapters in large" in cheaper.sentence
    same = replace(comparison.standing, served=None, gain_difference=None, better="not compared")
    assert not answers(replace(comparison, standing=same))[2].named


def test_runs_that_have_less_say_so(comparison: Comparison) -> None:
    runs = Both(
        replace(comparison.runs.a, complete=False), replace(comparison.runs.b, kind="affinities", affinities=False)
    )
    tasks = replace(comparison.tasks, only=Both((), ("x",)), not_learnable=("clone",), left_out=("verb",))
    standing = replace(comparison.standing, better="not compared")
    less = replace(comparison, runs=runs, tasks=tasks, affinities=None, groupings=None, standing=standing)
    less = replace(less, unknown=("versions",))
    text = " ".join(remarks(less))
    for expected in ("small has not ended", "large has affinities alone", "Only in large: x", "clone", "verb"):
        assert expected in text
    found = answers(less)
    assert [of.word for of in found[:3]] == ["not compared"] * 3
    assert found[0].sentence == "Without affinities: large."
    assert "A folder says nothing of its versions" in found[4].sentence


def test_plain_text_is_ascii_with_all_tables(comparison: Comparison) -> None:
    text = plain_comparison(comparison)
    assert text.isascii()
    assert text.startswith("small and large, side by side\n")
    assert text.endswith("\n")
    for expected in ("answer of", "in small with", "points over small, alone", "bytes", "seed"):
        assert (expected in text) == (expected != "bytes")  # the samples keep no account
    lines = [line for line in text.splitlines() if line.startswith(f"{TASKS[0]}  ")]
    assert len(lines) >= 3  # its company, and one line of each run


@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_keeps_tasks_and_verdicts(comparison: Comparison, width: int) -> None:
    out = StringIO()
    Console(file=out, width=width, force_terminal=False).print(ComparedSummary(comparison))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith(TASKS[0]) and "confirmed" in line for line in lines)


def test_tables_hold_both_runs_in_one_row_or_two(comparison: Comparison) -> None:
    found = all_tables(comparison)
    assert len(found["pairs"].rows) == 30
    first = found["pairs"].rows[0]
    assert first["difference"] == pytest.approx(first["b"] - first["a"])
    tasks = found["per_task"].frame()
    assert list(tasks["run"][:2]) == ["small", "large"]
    assert tasks["better"][0] is None or np.isnan(tasks["better"][0])
    assert "scores comparable" not in {column.label for column in found["per_task"].columns}
    first_row = replace(comparison.per_task[0], comparable=False, why_not="the metrics differ", served=None)
    cut = all_tables(replace(comparison, per_task=(first_row, *comparison.per_task[1:])))["per_task"]
    assert [row[-1] for row in cut.texts()[1:4]] == ["the metrics differ", "yes", "yes"]
    total = next(row for row in found["costs"].rows if row["what"] == "total")
    assert total["ratio"] == pytest.approx(1.0)


def test_both_heatmaps_have_one_order_and_scale(comparison: Comparison) -> None:
    infos = heatmap_infos(comparison)
    assert infos.a.tasks == infos.b.tasks
    assert (infos.a.limit, infos.a.beyond) == (infos.b.limit, infos.b.beyond)
    sizes = [np.abs(info.scores).max() for info in (infos.a, infos.b)]
    assert infos.a.limit <= max(sizes)
    assert {frozenset(group) for group in infos.b.groups} == {frozenset(group) for group in OTHER}
    other = heatmap_infos(replace(comparison, affinities=replace(comparison.affinities, same_scale=False)))
    assert other.a.limit != other.b.limit


def test_groups_of_both_runs_stay_together_where_they_can() -> None:
    """Pairs in one run, and the same task with a third in the other: a, b, c have an order that suits both."""
    rng = np.random.default_rng(0)
    scores = 0.1 * rng.normal(size=(6, 6))
    of = concordance(matrix(scores, 0.1), matrix(scores, 0.1))
    a, b, c, d, e, f = TASKS
    order = common_order(of, Both(((a, b), (c, d), (e, f)), ((b, c), (a,), (d,), (e, f))))
    for pair in ((a, b), (c, d), (e, f), (b, c)):
        assert abs(order.index(pair[0]) - order.index(pair[1])) == 1


def test_a_group_that_is_cut_has_a_frame_round_every_block(comparison: Comparison) -> None:
    info = heatmap_infos(comparison).a
    torn = replace(info, groups=((info.tasks[0], info.tasks[1], info.tasks[3]),))
    frames = [(of.get_x(), of.get_y(), of.get_width(), of.get_height()) for of in draw_heatmap(torn).axes[0].patches]
    assert sorted(frames) == [(-0.5, -0.5, 2, 2), (-0.5, 2.5, 2, 1), (2.5, -0.5, 1, 2), (2.5, 2.5, 1, 1)]


def test_the_scatter_names_what_is_apart(comparison: Comparison) -> None:
    rng = np.random.default_rng(0)
    scores = 0.01 * rng.normal(size=(6, 6))
    moved = scores.copy()
    moved[0, 1] += 5.0
    apart = replace(comparison, affinities=concordance(matrix(scores, 0.1), matrix(moved, 0.1)))
    info = scatter_info(apart)
    assert info is not None
    assert len(info.pairs) == 30
    assert [(pair.source, pair.target) for pair in info.named] == [(TASKS[0], TASKS[1])]
    written = {text.get_text() for text in draw_scatter(info).axes[0].texts}
    assert written == {f"{TASKS[0]} to {TASKS[1]}"}
    assert scatter_info(replace(comparison, affinities=None)) is None


def test_the_page_is_whole_and_needs_nothing(comparison: Comparison) -> None:
    html = compared_page(comparison)
    assert "://" not in html
    tags = parsed(html).tags
    assert not {"link", "iframe", "object", "base"} & {tag for tag, _ in tags}
    assert [tag for tag, _ in tags].count("script") == html.count(f"<script>{script()}</script>") == 1
    assert [tag for tag, _ in tags].count("svg") == 3
    assert [tag for tag, _ in tags].count("table") == 8
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) | set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_a_page_without_affinities_or_groups_is_shorter(comparison: Comparison) -> None:
    runs = Both(comparison.runs.a, replace(comparison.runs.b, kind="affinities", affinities=False))
    less = replace(comparison, runs=runs, affinities=None, groupings=None, per_task=(), differing=())
    html = compared_page(less)
    assert "<svg" not in html
    assert "Nothing else differs" in html


def test_names_from_data_are_escaped_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(objects: dict[str, Any]) -> None:
        text = dict(zip(TASKS, HOSTILE, strict=True))

        def walk(value: Any) -> Any:
            if isinstance(value, dict):
                return {text.get(key, key): walk(item) for key, item in value.items()}
            if isinstance(value, list):
                return [walk(item) for item in value]
            return text.get(value, value) if isinstance(value, str) else value

        for name in list(objects):
            objects[name] = walk(objects[name])

    one, two = (sample_run(tmp_path / name, seed=seed, change=renamed) for seed, name in enumerate(("x<b>", "y&z")))
    for folder in (one, two):
        (folder / "suite.yaml").unlink()
        (folder / "fingerprints.json").unlink()
    found = compare_runs(one, two)
    monkeypatch.setattr(pages, "_scatter", lambda comparison: None)
    html = compared_page(found)
    assert not {"img", "b"} & {tag for tag, attrs in parsed(html).tags if tag != "b" or attrs}
    assert html.count("<script") == html.count(f"<script>{script()}</script>") == 1
    assert "1337" not in html
    assert "\x1b" not in html
    assert "\x1b" not in plain_comparison(found)
