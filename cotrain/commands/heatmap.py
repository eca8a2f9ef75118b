"""``cotrain heatmap``: tasks to affinities, or the drawing of affinities or finished runs that are there."""

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
            help="Draw this and train nothing: a matrix (affinity.json, .csv or .parquet), or finished runs "
            "(group,task,score,seed) or gains (subset,size,<task>,...), which also give a recommendation.",
            show_default=False,
        ),
    ] = None,
    grouping: Annotated[
        Path | None,
        typer.Option(
            "--grouping",
            metavar="FILE",
            help="With --from: outline these groups, in place of recommended ones.",
            show_default=False,
        ),
    ] = None,
    adapters: Annotated[
        int | None,
        typer.Option(
            "--adapters",
            metavar="K",
            min=1,
            help="With --from and finished runs or gains: at most so many groups; a task alone counts.",
            show_default=False,
        ),
    ] = None,
    lower_is_better: Annotated[
        bool,
        typer.Option("--lower-is-better", help="With --from and finished runs: scores are losses."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Run folder; ./{flags.DEFAULT_OUT}, ./{flags.SMOKE_OUT} of a smoke run, or ./{DRAWN} with --from.",
            show_default=False,
        ),
    ] = None,
    tasks: flags.Tasks = None,
    as_json: flags.Json = False,
    quiet: flags.Quiet = False,
    workers: flags.Workers = None,
    device: flags.Device = "auto",
    executor: flags.Executor = "local",
    address: flags.Address = None,
    storage: flags.Storage = None,
    budget: flags.BudgetName = None,
    seed: flags.Seed = None,
    passes: flags.Passes = None,
    seeds: flags.Seeds = None,
    max_hours: flags.MaxHours = None,
    base_model: flags.BaseModel = None,
    estimator: flags.Estimator = None,
    report_to: flags.ReportTo = None,
) -> None:
    """Estimate how much every task helps every other, and draw it."""
    from tasks.errors import InputError

    if from_ is not None:
        if suite is not None:
            raise InputError(f"draws {from_} as it is, but {suite} was given too; leave one out", place="--from")
        if report_to is not None:
            raise InputError("tells of runs, and --from trains nothing; leave one out", place="--report-to")
        _draw(from_, grouping, out or DRAWN, adapters, lower_is_better=lower_is_better, as_json=as_json)
        return
    if grouping is not None:
        raise InputError("outlines groups in a given matrix; name one with --from", place="--grouping")
    for flag, given in (("--adapters", adapters is not None), ("--lower-is-better", lower_is_better)):
        if given:
            raise InputError("is for finished runs; name their file with --from", place=flag)
    settings = {
        "seed": seed,
        "budget.passes": passes,
        "budget.seeds": seeds,
        "budget.max_hours": max_hours,
        "base_model": base_model,
        "estimator": estimator,
        "report_to": flags.listed(report_to, "--report-to"),
    }
    loaded, names = flags.chosen_tasks(flags.chosen_suite(suite, flags.with_budget(budget, settings)), tasks)
    folder = flags.out_folder(out, budget)
    from cotrain import api
    from cotrain.commands.show import show_matrix
    from cotrain.progress import progress_on

    with progress_on(sys.stderr, quiet=quiet) as progress:
        matrix = api.heatmap(
            loaded,
            out=folder,
            tasks=names,
            workers=workers,
            device=device,
            executor=executor,
            address=address,
            storage=storage,
            progress=progress,
        )
    show_matrix(matrix, picture=folder / "figures" / "heatmap.png", as_json=as_json, smoke=loaded.suite.budget.smoke)


def _draw(
    file: Path, grouping: Path | None, folder: Path, adapters: int | None, *, lower_is_better: bool, as_json: bool
) -> None:
    from affinity.matrix import AffinityMatrix
    from cotrain.commands.show import show_finished, show_matrix
    from cotrain.finished import recommend_trained
    from cotrain.given import read_given
    from grouping.grouped import serving
    from grouping.read import read_grouping
    from reports.report import render_heatmap
    from tasks.errors import InputError

    found = read_given(file, lower_is_better=lower_is_better)
    partition = serving(read_grouping(grouping, found.tasks)) if grouping is not None else None
    runs = not isinstance(found, AffinityMatrix) and found.kind != "gains"
    if lower_is_better and not runs:
        raise InputError(f"is for finished runs, but {file} holds none; leave it out", place="--lower-is-better")
    if isinstance(found, AffinityMatrix):
        if adapters is not None:
            raise InputError(f"is for finished runs or gains, but {file} is a matrix; leave it out", place="--adapters")
        written = render_heatmap(found, None if partition is None else partition.groups, folder)
        show_matrix(found, picture=written["heatmap.png"], as_json=as_json)
        return
    show_finished(recommend_trained(found, out=folder, max_adapters=adapters, outlined=partition), as_json=as_json)
