"""What a run found as HTML for a notebook's cell; all text that came from data is escaped."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from reports.numbers import count, signed, with_error
from reports.records import Evidence, Recommendation
from reports.table import Column, Row, Table, plain
from reports.tables import baselines, name_grouping, verdicts
from reports.terminal import summary_notes
from reports.words import recommendation_sentence, verdict_sentence


def as_html(blocks: Sequence[str | Table]) -> str:
    """Sentences as paragraphs, and tables."""
    return "".join(f"<p>{escape(of)}</p>" if isinstance(of, str) else of._repr_html_() for of in blocks)


def folded(title: str, inner: str) -> str:
    """HTML that opens when its title is clicked."""
    return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def recommendation_html(found: Recommendation) -> str:
    """The answer, its verdict, the tables of tasks and baselines, and the evidence folded away."""
    head = f"<p><b>{escape(recommendation_sentence(found))}</b></p>"
    tables = [table for table in (verdicts(found), baselines(found)) if table]
    notes = folded("evidence and cost", as_html(summary_notes(found)))
    return head + as_html([verdict_sentence(found), *tables]) + notes


def frame_by(table: Table, key: str) -> pd.DataFrame:
    """The raw values of a table, with one of its columns as the index; empty where it has no rows."""
    return table.to_frame().set_index(key) if table else pd.DataFrame(index=pd.Index([], name=key))


def measured_table(evidence: Evidence) -> Table:
    """Every member of every group that was trained: what it gained, and what had been predicted."""
    rows: list[Row] = [
        {
            "group": "+".join(of.group),
            "size": len(of.group),
            "task": task,
            "phase": of.phase,
            "seeds": of.seeds,
            "gain": of.gain.get(task),
            "gain_error": of.gain_error.get(task),
            "delta": of.delta.get(task),
            "delta_error": of.delta_error.get(task),
            "predicted": (of.predicted or {}).get(task),
            "predicted_error": (of.predicted_error or {}).get(task),
        }
        for of in evidence.measured
        for task in of.group
    ]
    columns = (
        plain("group", "group"),
        plain("task", "task"),
        plain("phase", "phase"),
        plain("runs", "seeds", numeric=True),
        Column("gain", lambda row: with_error(row["gain"], row["gain_error"]), numeric=True),
        Column("predicted gain", lambda row: with_error(row["predicted"], row["predicted_error"]), numeric=True),
        Column("change", lambda row: with_error(row["delta"], row["delta_error"], 1), numeric=True),
    )
    caption = (
        "Groups that were trained, with standard errors. A gain is a loss difference on the scale of the constant "
        "predictor's loss, a change is in points of the task's metric; above 0 is better."
    )
    return Table("measured", caption, columns, tuple(rows))


def proposals_table(evidence: Evidence) -> Table:
    """Every grouping that was considered; mean gain and worst task on the select half."""
    rows: list[Row] = [
        {
            "groups": name_grouping(of.groups, of.helpers),
            "adapters": of.adapters,
            "mean_gain": of.mean_gain,
            "error": of.error,
            "worst": of.worst,
            "trained": of.trained,
            "chosen": of.chosen,
            "kind": of.kind,
        }
        for of in evidence.proposals
    ]
    columns = (
        plain("groups", "groups"),
        plain("adapters", "adapters", numeric=True),
        Column("mean gain", lambda row: with_error(row["mean_gain"], row["error"]), numeric=True),
        plain("worst task", "worst", signed, numeric=True),
        plain("trained", "trained"),
        plain("chosen", "chosen"),
        plain("kind", "kind"),
    )
    emphasis = next((number for number, of in enumerate(rows) if of["chosen"]), None)
    return Table("proposals", "Groupings that were considered.", columns, tuple(rows), emphasis)


def trials_table(rows: Sequence[Row]) -> Table:
    """Trials of the Optuna studies, as :func:`grouping.trials.read_trials` gives them."""
    columns = (
        plain("study", "study"),
        plain("number", "number", numeric=True),
        plain("state", "state"),
        plain("grouping", "partition"),
        *(plain(name, name, signed, numeric=True) for name in ("mean gain", "worst task's gain")),
        plain("adapters", "adapters", count, numeric=True),
    )
    return Table("trials", "Trials of the search's Optuna studies.", columns, tuple(rows))
