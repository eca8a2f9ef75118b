"""The written report: complete, self-contained, harmless, the same every time."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from affinity.matrix import AffinityMatrix
from reports import figures, render, render_heatmap
from reports.files import to_plain, write_bytes
from reports.html import page
from reports.inline_svg import inline
from reports.inputs import Run, read_run
from reports.records import Evidence
from reports.report import DRAWN
from reports.script import policy, script
from tasks.errors import InputError
from tests.reports import samples
from tests.reports.conftest import ReadSample, small_six

LIMIT = 5_000_000
"""Bytes that a report may have."""


class Tags(HTMLParser):
    """Collects start tags with their attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    return parser


def html_of(run: Run) -> str:
    """The page with no figure but the heatmap, which takes most of the time."""
    found = run.recommendation
    assert run.matrix is not None
    return page(run, {"heatmap": figures.heatmap(run.matrix, found.tested, chosen=found.confirmed)})


def test_report_is_complete(rendered: Path) -> None:
    html = (rendered / "report.html").read_text(encoding="utf-8")
    tags = parsed(html).tags
    labels = [attrs["aria-label"] for tag, attrs in tags if tag == "svg"]
    assert len(labels) == 7
    assert all(labels)
    assert [tag for tag, _ in tags].count("table") == [tag for tag, _ in tags].count("caption") == 11
    text = " ".join(" ".join(parsed(html).text).split())
    for expected in (
        "Train 6 tasks with 3 adapters: {clone, code_search}",
        "confirmed",
        "all together",
        "random, same shape",
        "Finding the groups took 31 runs",
        "cotrain recommend suite.yaml --controls --seed 42",
        "torch 2.13.0",
        "complexity_shuffled",
        "14 of 400 test rows",
        "An arrow runs from source to target where the 95 % interval of the affinity excludes 0: 14 of 30",
        "2 of 2 shared groups are branches of this tree.",
        "Who shares the adapter matters most for",
        "Model architecture Not measured: affinities of one base model only, and nothing to compare them with.",
    ):
        assert expected in text


def test_report_needs_no_network_and_runs_its_own_script_only(rendered: Path) -> None:
    html = (rendered / "report.html").read_text(encoding="utf-8")
    assert "://" not in html
    tags = parsed(html).tags
    names = [tag for tag, _ in tags]
    assert not {"link", "iframe", "object", "base"} & set(names)
    assert names.count("script") == html.count(f"<script>{script()}</script>") == 1
    (allowed,) = (attrs["content"] for _, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert allowed == policy(script())
    assert "default-src 'none'" in policy(script())
    assert policy("a") != policy("b")
    for tag, attrs in tags:
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        targets = [attrs[name] or "" for name in ("href", "src", "xlink:href") if name in attrs]
        assert all(target.startswith(("#", "data:image/png;base64,")) for target in targets), (tag, attrs)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_ids_are_unique_and_every_reference_is_met(rendered: Path) -> None:
    html = (rendered / "report.html").read_text(encoding="utf-8")
    found = [attrs["id"] for _, attrs in parsed(html).tags if "id" in attrs]
    assert len(found) == len(set(found))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) | set(re.findall(r'href="#([^"]+)"', html)) <= set(found)


def test_figures_and_their_data_are_written(rendered: Path) -> None:
    folder = rendered / "figures"
    for name in DRAWN:
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        ElementTree.parse(folder / f"{name}.svg")
        assert json.loads((folder / f"{name}.json").read_text())["schema"] == 1
        assert len(pd.read_csv(folder / f"{name}.csv"))
    for name in (
        "verdicts",
        "baselines",
        "affinities",
        "cost",
        "step_matching",
        "controls",
        "audit",
        "data",
        "factors",
    ):
        rows = json.loads((folder / f"{name}.json").read_text())["rows"]
        assert len(pd.read_csv(folder / f"{name}.csv")) == len(rows) > 0
    assert not list(folder.glob(".*"))


def test_rendering_again_gives_the_same_bytes_and_takes_stale_files_away(rendered: Path, tmp_path: Path) -> None:
    folder = samples.write(tmp_path / "again", small_six())
    (folder / "figures").mkdir()
    (folder / "figures" / "mine.txt").write_text("kept")
    (folder / "figures" / "step_matching.png").write_text("stale")
    assert render(folder) == folder / "report.html"
    written = {path.name: path.read_bytes() for path in [folder / "report.html", *(folder / "figures").iterdir()]}
    assert written.pop("mine.txt") == b"kept"
    expected = [rendered / "report.html", *(rendered / "figures").iterdir()]
    assert written == {path.name: path.read_bytes() for path in expected}


def test_hostile_texts_stay_text(hostile: Path) -> None:
    html = hostile.read_text(encoding="utf-8")
    tags = parsed(html)
    names = [tag for tag, _ in tags.tags]
    assert not {"img", "b onclick", "i", "u"} & set(names)
    assert names.count("script") == 1
    assert f"<script>{script()}</script>" in html
    assert not any(name.startswith("on") for _, attrs in tags.tags for name in attrs)
    assert names.count("title") == 1
    text = "".join(tags.text)
    assert text.count("<script>alert(1)</script>") > 4  # on the page, and as labels of its figures
    assert "<script>alert(4)</script>" in text
    assert "{{ 7 * 191 }}" in text
    assert "1337" not in text
    assert "\x1b" not in html


def test_names_in_sentences_are_code(hostile: Path) -> None:
    html = hostile.read_text(encoding="utf-8")
    assert "Class <code>&lt;script&gt;alert(4)&lt;/script&gt;</code> has 540 train rows and <code>" in html


def test_unvalidated_report_says_so_and_has_no_empty_box(run_of: ReadSample) -> None:
    html = html_of(run_of("unvalidated"))
    text = " ".join(" ".join(parsed(html).text).split())
    assert "Not validated: the probe runs propose" in text
    assert "Not validated: neither the grouping nor its baselines" in text
    assert "No control was measured or predicted" in text
    assert "chosen grouping" not in text.replace("grouping was chosen", "").split("How")[0]
    assert not re.search(r"<(tbody|figure|dl|ol|nav)[^>]*>\s*</\1>", html)


def test_report_of_bare_evidence_has_sentences_instead_of_sections(run_of: ReadSample) -> None:
    full = run_of("unvalidated")
    html = html_of(Run(full.matrix, full.recommendation, Evidence()))
    text = " ".join(" ".join(parsed(html).text).split())
    for expected in ("No pair was compared with an equally short single", "No control was measured or predicted"):
        assert expected in text
    for absent in ("How the grouping was chosen", "Learning curves", "Audit", "Data", "Why: five factors"):
        assert absent not in text


def test_given_grouping_needs_no_affinity(tmp_path: Path) -> None:
    objects = small_six()
    del objects["affinity.json"]
    objects["recommendation.json"]["objective"] = {"name": "given", "max_adapters": None, "confidence": None}
    run = read_run(samples.write(tmp_path, objects))
    text = " ".join(" ".join(parsed(page(run, {})).text).split())
    assert "The grouping was given, not searched for." in text
    assert "no probe runs were made" in text
    assert "No pair was trained." in text
    assert "heatmap" not in figures.draw_all(replace(run, evidence=Evidence()))


def test_refuted_report_shows_the_refuted_grouping(run_of: ReadSample) -> None:
    text = " ".join(" ".join(parsed(html_of(run_of("refuted"))).text).split())
    assert "Train each of the 6 tasks alone; the proposed grouping" in text
    assert "Tasks under the refuted grouping" in text
    assert "proposed grouping (refuted)" in text
    assert "Why a task is not confirmed" in text
    assert "the upper end lies below minus the margin" in text


def test_large_report_is_small_and_says_what_it_leaves_out(run_of: ReadSample) -> None:
    html = html_of(run_of("sixty"))
    assert len(html.encode()) < LIMIT / 4  # the other figures of this run take less than the heatmap and the tables
    assert "The first 200 of 3,540 rows" in html


def test_heatmap_alone(tmp_path: Path, matrix: AffinityMatrix) -> None:
    written = render_heatmap(matrix, [["clone", "verb"]], tmp_path / "new")
    assert sorted(written) == ["heatmap.csv", "heatmap.json", "heatmap.png", "heatmap.svg"]
    assert all(path.is_file() for path in written.values())
    content = json.loads(written["heatmap.json"].read_text())
    assert content["groups"] == [["clone", "verb"]]
    rows = pd.read_csv(written["heatmap.csv"]).to_dict("records")
    assert all(matrix[row["source"], row["target"]] == pytest.approx(row["score"]) for row in rows)


def test_heatmap_with_unknown_task_is_refused(tmp_path: Path, matrix: AffinityMatrix) -> None:
    with pytest.raises(InputError, match="did you mean `verb`"):
        render_heatmap(matrix, [["verbs"]], tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as caught:
        write_bytes(tmp_path / "file" / "report.html", b"x")
    assert str(tmp_path) in caught.value.place


def test_plain_values_have_no_infinities() -> None:
    value = {"a": np.array([1.0, np.nan]), "b": (float("inf"), np.int64(3), None), "c": Evidence(command="x").command}
    assert to_plain(value) == {"a": [1.0, None], "b": [None, 3, None], "c": "x"}


def test_inline_svg_keeps_text_and_drops_what_leaks() -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36"><metadata>x</metadata>'
        b'<defs><style type="text/css">*{}</style><clipPath id="p"><rect/></clipPath></defs><g id="unused"><g/></g>'
        b'<path id="q" d="M 1.23456 2 \nz" clip-path="url(#p)" style="fill: #1f2328"/>'
        b"<text style=\"font: bold 8px 'DejaVu Sans', sans-serif; fill: #16191d\">&lt;b&gt;</text></svg>"
    )
    assert inline(svg, name="n", label='a "b"') == (
        '<svg viewBox="0 0 72 36" role="img" aria-label="a &quot;b&quot;" style="--natural: 96px">'
        '<defs><clipPath id="n-p"><rect /></clipPath></defs>'
        '<path d="M 1.23 2 z" clip-path="url(#n-p)" style="fill: var(--ink)" />'
        '<text style="font: bold 8px var(--sans); fill: #16191d">&lt;b&gt;</text></svg>'
    )
