"""The report as one HTML file: readable offline, on paper, on a phone, by day and by night."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from reports import (
    account_words,
    audit_tables,
    calibration_words,
    factor_tables,
    factor_words,
    form_tables,
    numbers,
    stability_words,
    style,
    tables,
    transfer_tables,
    trust_tables,
    words,
)
from reports.cells import cells
from reports.early_table import early_table
from reports.figures import Drawing
from reports.heatmap import SPACIOUS, WRITTEN, HeatmapInfo
from reports.inline_svg import inline
from reports.inputs import Run
from reports.lettering import printable
from reports.proof_words import proof_sentences
from reports.records import Recommendation
from reports.script import policy, script
from reports.sentence_markup import as_markup
from reports.smoke_words import labelled_verdict, smoke_sentence
from reports.table import Table

AHEAD = "is ahead by"
"""How the heading ends of the column that the first screen has no room for."""
BESIDE = "Retrained with fresh seeds, same test examples; changes in points, training as a share of every task alone."
"""Caption of the first screen's baselines."""
LONGEST = 200
"""Rows of a table that the page shows; the files hold all."""
FIRST = ("task", "group", "alone", "in its group", "change", "95 % interval", "verdict", "predicted gain")
"""Columns of the first screen's table, the last one only beside a small heatmap; the whole table follows below."""


@dataclass(frozen=True)
class Plate:
    """A figure ready for the page."""

    name: str
    title: str
    caption: str
    svg: Markup
    cells: str = ""
    """A heatmap's cells for the page's script, as JSON."""


@dataclass(frozen=True)
class Cell:
    """A cell's text, and the number that its row is sorted by where the text does not begin with it."""

    text: str
    order: str = ""


@dataclass(frozen=True)
class Grid:
    """A table ready for the page.

    Args:
        head: Headings, each with whether its cells are numbers.
        rows: Cells, row by row.
        emphasis: Index of the row to stress, if any.
        total: Rows there are, shown or not.
    """

    name: str
    caption: str
    head: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    emphasis: int | None
    total: int


def plate(drawing: Drawing) -> Plate:
    """The drawing as inline SVG, described for those who cannot see it."""
    label = f"{drawing.title}. {drawing.caption}"
    markup = inline(style.svg(drawing.figure, inline=True), name=drawing.name, label=label)
    read = cells(drawing.info, drawing.figure) if isinstance(drawing.info, HeatmapInfo) else ""
    return Plate(drawing.name, drawing.title, drawing.caption, Markup(markup), read)  # escaped by the serialiser


def grid(table: Table, *, caption: str | None = None) -> Grid:
    """The table's texts, at most :data:`LONGEST` rows of them."""
    head = tuple((column.label, column.numeric) for column in table.columns)
    shown = replace(table, rows=table.rows[:LONGEST])
    orders = [[column.order(row) for column in table.columns] for row in shown.rows]
    rows = tuple(
        tuple(Cell(text, "" if order is None else f"{order:.6g}") for text, order in zip(*row, strict=True))
        for row in zip(shown.texts(), orders, strict=True)
    )
    text = table.caption if caption is None else caption
    return Grid(table.name, text, head, rows, table.emphasis, len(table.rows))


def all_tables(run: Run) -> dict[str, Table]:
    """Every table of the run by name, empty ones too."""
    evidence, recommendation = run.evidence, run.recommendation
    found = (
        tables.verdicts(recommendation),
        tables.baselines(recommendation),
        tables.affinities(run.matrix, evidence.measured),
        tables.costs(recommendation.cost),
        tables.step_matching(evidence.step_matching),
        tables.controls(evidence.controls),
        transfer_tables.equal_sizes(recommendation.equal_sizes or ()),
        transfer_tables.weight_shares(evidence.weight_shares),
        form_tables.forms(evidence.forms),
        early_table(evidence.early),
        factor_tables.by_task(evidence.factors),
        factor_tables.by_group(evidence.factors),
        audit_tables.findings(evidence.audit),
        audit_tables.data(evidence.audit),
        trust_tables.apart(recommendation.apart),
        trust_tables.stability(recommendation.stability),
        trust_tables.co_assignment(recommendation.stability),
    )
    return {table.name: table for table in found}


def _facts(run: Run) -> list[tuple[str, str]]:
    """Settings and versions, one line each."""
    evidence = run.evidence

    def listed(values: Mapping[str, Any]) -> str:
        return ", ".join(f"{key} {numbers.words(value)}" for key, value in values.items() if value is not None)

    facts = {
        "base model": numbers.words(evidence.base_model),
        "method": listed(evidence.method),
        "training": listed(evidence.training),
        "seeds": numbers.words(evidence.seeds),
        "estimator": run.matrix.estimator if run.matrix else "",
        "versions": listed(evidence.versions),
    }
    return [(name, printable(text)) for name, text in facts.items() if text and text != numbers.NONE]


def _groups(run: Run) -> list[tuple[int, str]]:
    """Number and members of every group that was tested."""
    return [(i, ", ".join(map(printable, group))) for i, group in enumerate(run.recommendation.tested, start=1)]


def _reasons(recommendation: Recommendation) -> list[tuple[str, str]]:
    """Why every task that is not confirmed is not, where it was tested."""
    found = recommendation.tasks.items() if recommendation.validated else ()
    return [
        (printable(task), printable(row.reason)) for task, row in found if row.reason and row.verdict != "confirmed"
    ]


def _slug(verdict: str) -> str:
    """A verdict as a class name of the style sheet."""
    return re.sub(r"[^a-z]+", "-", verdict.lower()).strip("-")


def _template(name: str) -> str:
    return (files("reports") / "templates" / name).read_text(encoding="utf-8")


def rendered(name: str, **values: Any) -> str:
    """One of our templates with the style sheet, the only script, and these values, which are escaped."""
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["slug"] = _slug
    environment.filters["sentence"] = as_markup
    css = Markup(_template("report.css"))  # our own file
    code = script()
    return environment.get_template(name).render(css=css, script=Markup(code), policy=policy(code), **values)


def page(run: Run, drawings: Mapping[str, Drawing], shown: Mapping[str, Table] | None = None) -> str:
    """The whole report.

    Args:
        run: The three files of a run.
        drawings: What :func:`reports.figures.draw_all` gave.
        shown: What :func:`all_tables` gave, if it is at hand.
    """
    recommendation = run.recommendation
    found = shown if shown is not None else all_tables(run)
    size = len(run.matrix.tasks) if run.matrix else WRITTEN + 1
    large = recommendation.validated and SPACIOUS < size <= WRITTEN
    first = found["verdicts"].only(*(FIRST[:-1] if large else FIRST))
    narrow = [column.label for column in found["baselines"].columns if not column.label.endswith(AHEAD)]
    note = "Test scores; change and interval in points against the task alone."
    grids = {name: grid(table) for name, table in found.items() if table}
    notes = (
        smoke_sentence(recommendation),
        words.learnable_sentence(recommendation),
        words.left_out_sentence(recommendation),
        words.stopped_sentence(recommendation),
        words.affinities_sentence(recommendation),
        proof_sentences(recommendation),
        form_tables.forms_sentences(recommendation, run.evidence.forms),
    )
    return rendered(
        "report.html.j2",
        answer=words.recommendation_sentence(recommendation),
        verdict=labelled_verdict(recommendation),
        reason=words.reason_sentence(recommendation),
        objective=words.objective_sentence(recommendation),
        notes=[note for note in notes if note],
        cost=words.cost_sentence(recommendation.cost),
        account=account_words.account_sentence(recommendation.cost.account),
        calibration=calibration_words.calibration_sentences(recommendation.calibration),
        stability=stability_words.stability_sentence(recommendation.stability),
        validated=recommendation.validated,
        complete=recommendation.complete,
        refuted=recommendation.verdict == "refuted",
        groups=_groups(run),
        reasons=_reasons(recommendation),
        first=grid(first, caption=note if recommendation.validated else None),
        beside=grid(found["baselines"].only(*narrow), caption=BESIDE),
        compared=bool(recommendation.comparisons),
        layout="wide" if size > WRITTEN else "large" if size > SPACIOUS else "",
        plates={name: plate(drawing) for name, drawing in drawings.items()},
        grids=grids,
        factors=factor_words.sentences(run.evidence.factors),
        command=printable(run.evidence.command),
        facts=_facts(run),
        contents=_contents(run, drawings, grids),
    )


def _contents(run: Run, drawings: Mapping[str, Drawing], grids: Mapping[str, Grid]) -> Sequence[tuple[str, str]]:
    """Anchors and names of the sections that have something to show."""
    sections = (
        ("tasks", "Task by task", True),
        ("choice", "Choice", "pareto" in drawings or "predicted" in drawings or bool({"forms", "early"} & set(grids))),
        (
            "trust",
            "Trust",
            bool({"apart", "stability"} & set(grids))
            or run.recommendation.calibration is not None
            or bool(run.recommendation.comparisons),
        ),
        ("curves", "Curves", "curves" in drawings),
        ("affinity", "Affinity", True),
        ("why", "Why", run.evidence.factors is not None),
        ("data", "Data", "audit" in grids or "data" in grids),
        ("cost", "Cost", True),
        ("origin", "Origin", True),
    )
    return [(anchor, name) for anchor, name, present in sections if present]
