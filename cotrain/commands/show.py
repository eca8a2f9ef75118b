"""Results on standard output: for people, or as the object of the file."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from affinity.matrix import AffinityMatrix
from cotrain.columns import aligned
from cotrain.finished import Finished
from cotrain.group_search import Searched
from cotrain.json_text import to_json
from reports.contenders import contenders
from reports.heatmap import heatmap_info
from reports.inputs import parse
from reports.records import Recommendation
from reports.searched import SearchedInfo, searched_text
from reports.smoke_words import SMOKE_RUN
from reports.study import study_tables
from reports.terminal import ASCII, plain_summary, summary
from reports.trained import trained_text
from reports.words import heatmap_sentence


def show_recommendation(found: Mapping[str, Any], *, out: Path, as_json: bool) -> None:
    """The answer, every task's change with its interval, the baselines, the cost, and where the report is."""
    if as_json:
        typer.echo(to_json(found), nl=False)
        return
    recommendation = parse(Recommendation, dict(found), place="recommendation.json")
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(summary(recommendation))
    else:
        typer.echo(plain_summary(recommendation))
    typer.echo(f"report: {out / 'report.html'}")


def show_candidates(found: Mapping[str, Any]) -> None:
    """Base models and methods beside each other, and which one was chosen."""
    table = contenders(found["candidates"])
    heads = [column.label for column in table.columns]
    typer.echo("\n".join(aligned([heads, *table.texts()])).translate(ASCII))
    typer.echo(f"{table.caption}\n\nChosen: {found['candidate_reason']}.\n")


def show_matrix(matrix: AffinityMatrix, *, picture: Path, as_json: bool, smoke: bool = False) -> None:
    """The strongest help and hurt, where the heatmap is, and whether it is a smoke run's."""
    if as_json:
        typer.echo(to_json(matrix.to_dict()), nl=False)
        return
    if smoke:
        typer.echo(SMOKE_RUN)
    typer.echo(heatmap_sentence(heatmap_info(matrix)))
    typer.echo(f"heatmap: {picture}")


def show_finished(found: Finished, *, as_json: bool) -> None:
    """The affinities in words, the groups that are recommended among those that were trained, and the heatmap."""
    if as_json:
        typer.echo(to_json(found.to_dict()), nl=False)
        return
    of = found.affinities
    typer.echo(heatmap_sentence(heatmap_info(of.matrix, predicted=of.predicted)).translate(ASCII))
    typer.echo(f"\n{trained_text(found.info)}\n")
    typer.echo(f"heatmap: {found.picture}")


def show_searched(found: Searched, *, as_json: bool) -> None:
    """The groups that a search found, with every task's gain."""
    content = found.to_dict()
    if as_json:
        typer.echo(to_json(content), nl=False)
        return
    cover = found.found.cover
    info = SearchedInfo(
        groups=cover.groups,
        served=cover.served,
        gains=content["gains"],
        value=content["value"],
        together=content["baselines"]["together"],
        models=content["models"],
        refused=sum(of.answer is None for of in found.found.asked),
        resumed=found.resumed,
        stable=found.found.stable,
        weighted=bool(content["weights"]),
        cost=content["cost"],
        max_cost=content["max_cost"],
    )
    typer.echo(searched_text(info))


def show_study(found: Mapping[str, Any], *, out: Path, as_json: bool) -> None:
    """The study's tables, and where they are."""
    if as_json:
        typer.echo(to_json(found), nl=False)
        return
    for table in study_tables(found):
        heads = [column.label for column in table.columns]
        typer.echo(f"{table.caption}\n")
        typer.echo("\n".join(aligned([heads, *table.texts()])).translate(ASCII) + "\n")
    typer.echo(f"tables: {out / 'reproduction.md'}")
