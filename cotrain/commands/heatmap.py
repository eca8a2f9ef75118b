"""``cotrain heatmap``: tasks to affinities, or the drawing of affinities that are there."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags

DRAWN = Path("cotrain-heatmap")
"""Where ``--from`` draws when no folder is named: a run folder holds its own heatmap."""


def heatmap(
    suite: flags.SuiteFile = None,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Draw this matrix (affinity.json, .csv or .parquet) and train nothing.",
            show_default=False,
        ),
    ] = None,
    grouping: Annotated[
        Path | None,
        typer.Option("--grouping", metavar="FILE", help="With --from: outline these groups.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Run folder; ./{flags.DEFAULT_OUT}, or ./{DRAWN} with --from.",
            show_default=False,
        ),
    ] = None,
    tasks: flags.Tasks = None,
    as_json: flags.Json = False,
    quiet: flags.Quiet = False,
    workers: flags.Workers = None,
    device: flags.Device = "auto",
    seed: flags.Seed = None,
    passes: flags.Passes = None,
    seeds: flags.Seeds = None,
    max_hours: flags.MaxHours = None,
    base_model: flags.BaseModel = None,
    estimator: flags.Estimator = None,
) -> None:
    """Estimate how much every task helps every other, and draw it."""
    from tasks.errors import InputError

    if from_ is not None:
        if suite is not None:
            raise InputError(f"draws {from_} as it is, but {suite} was given too; leave one out", place="--from")
        _draw(from_, grouping=grouping, folder=out or DRAWN, as_json=as_json)
        return
    if grouping is not None:
        raise InputError("outlines groups in a given matrix; name one with --from", place="--grouping")
    settings = {
        "seed": seed,
        "budget.passes": passes,
        "budget.seeds": seeds,
        "budget.max_hours": max_hours,
        "base_model": base_model,
        "estimator": estimator,
    }
    loaded, names = flags.chosen_tasks(flags.chosen_suite(suite, settings), tasks)
    folder = out or flags.DEFAULT_OUT
    from cotrain import api
    from cotrain.commands.show import show_matrix
    from cotrain.progress import progress_on

    with progress_on(sys.stderr, quiet=quiet) as progress:
        matrix = api.heatmap(loaded, out=folder, tasks=names, workers=workers, device=device, progress=progress)
    show_matrix(matrix, picture=folder / "figures" / "heatmap.png", as_json=as_json)


def _draw(file: Path, *, grouping: Path | None, folder: Path, as_json: bool) -> None:
    from affinity.files import load
    from cotrain.commands.show import show_matrix
    from grouping.read import read_grouping
    from reports.report import render_heatmap

    matrix = load(file)
    groups = read_grouping(grouping, matrix.tasks).groups if grouping is not None else None
    written = render_heatmap(matrix, groups, folder)
    show_matrix(matrix, picture=written["heatmap.png"], as_json=as_json)
