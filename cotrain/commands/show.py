"""Results on standard output: for people, or as the object of the file.

On a terminal a table has the columns for which there is room, and sentences break between words; elsewhere they are
plain text of any width.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from affinity.matrix import AffinityMatrix
from cotrain.columns import aligned
from cotrain.finished import Finished
from cotrain.group_search import Searched
from cotrain.json_text import to_json
from cotrain.terminal import draws
from reports.compared_terminal import ComparedSummary, plain_comparison
from reports.comparison import Comparison
from reports.contenders import contenders
from reports.heatmap import heatmap_info
from reports.inputs import parse
from reports.records import Recommendation
from reports.searched import searched_sentences, searched_table, searched_text
from reports.smoke_words import SMOKE_RUN
from reports.study import study_tables
from reports.table import Table
from reports.terminal import ASCII, Blocks, plain_summary, summary
from reports.trained import trained_blocks, trained_text
from reports.words import heatmap_sentence


def show_recommendation(found: Mapping[str, Any], *, out: Path, as_json: bool) -> None:
    """The answer, every task's change with its interval, the baselines, the cost, and where the report is."""
    if as_json:
        typer.echo(to_json(found), nl=False)
        return
    recommendation = parse(Recommendation, dict(found), place="recommendation.json")
    if draws(sys.stdout):
        from rich.console import Console

        Console().print(summary(recommendation))
    else:
        typer.echo(plain_summary(recommendation))
    typer.echo(f"report: {out / 'report.html'}")


def _show(blocks: Sequence[str | Table], plain: str) -> None:
    """Blocks as they fit a terminal, or else the plain text, without typographic signs."""
    if draws(sys.stdout):
        from rich.console import Console

        Console().print(Blocks(blocks))
    else:
        typer.echo(plain.translate(ASCII))


def show_tables(tables: Sequence[Table]) -> None:
    """Tables under their captions."""
    for table in tables:
        heads = [column.label for column in table.columns]
        lines = "\n".join(aligned([heads, *table.texts()]))
        _show([table.caption, "", table, ""], f"{table.caption}\n\n{lines}\n")


def show_candidates(found: Mapping[str, Any]) -> None:
    """Base models and methods beside each other, and which one was chosen."""
    table = contenders(found["candidates"])
    heads = [column.label for column in table.columns]
    said = f"{table.caption}\n\nChosen: {found['candidate_reason']}.\n"
    lines = "\n".join(aligned([heads, *table.texts()]))
    _show([table, said], f"{lines}\n{said}")


def show_matrix(matrix: AffinityMatrix, *, picture: Path, as_json: bool, smoke: bool = False) -> None:
    """The strongest help and hurt, where the heatmap is, and whether it is a smoke run's."""
    if as_json:
        typer.echo(to_json(matrix.to_dict()), nl=False)
        return
    blocks = [*([SMOKE_RUN] if smoke else []), heatmap_sentence(heatmap_info(matrix))]
    _show(blocks, "\n".join(blocks))
    typer.echo(f"heatmap: {picture}")


def show_finished(found: Finished, *, as_json: bool) -> None:
    """The affinities in words, the groups that are recommended among those that were trained, and the heatmap."""
    if as_json:
        typer.echo(to_json(found.to_dict()), nl=False)
        return
    of = found.affinities
    said = heatmap_sentence(heatmap_info(of.matrix, predicted=of.predicted))
    _show([said, "", *trained_blocks(found.info), ""], f"{said}\n\n{trained_text(found.info)}\n")
    typer.echo(f"heatmap: {found.picture}")


def show_searched(found: Searched, *, as_json: bool) -> None:
    """The groups that a search found, with every task's gain."""
    if as_json:
        typer.echo(to_json(found.to_dict()), nl=False)
        return
    info = found.info
    _show([searched_table(info), "", *searched_sentences(info)], searched_text(info))


def show_comparison(comparison: Comparison, *, page: Path | None, as_json: bool) -> None:
    """Four answers about two runs, the tables behind them, and where the page is."""
    if as_json:
        typer.echo(to_json(comparison.to_dict()), nl=False)
        return
    if draws(sys.stdout):
        from rich.console import Console

        Console().print(ComparedSummary(comparison))
    else:
        typer.echo(plain_comparison(comparison), nl=page is not None)
    if page is not None:
        typer.echo(f"page: {page}")


def show_study(found: Mapping[str, Any], *, out: Path, as_json: bool) -> None:
    """The study's tables, and where they are."""
    if as_json:
        typer.echo(to_json(found), nl=False)
        return
    show_tables(study_tables(found))
    typer.echo(f"tables: {out / 'reproduction.md'}")
