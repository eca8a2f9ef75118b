"""``cotrain validate``: a given grouping against the baselines."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def validate(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="Suite file.", show_default=False)],
    grouping: Annotated[
        Path,
        typer.Option(
            "--grouping",
            metavar="FILE",
            help="JSON or YAML: lists of task names, a recommendation.json, or a search's grouping.json.",
            show_default=False,
        ),
    ],
    compare: flags.Compare = None,
    out: flags.Out = None,
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
    max_hours: flags.MaxHours = None,
    max_jobs: flags.MaxJobs = None,
    base_model: flags.BaseModel = None,
    report_to: flags.ReportTo = None,
) -> None:
    """Train a given grouping, every task alone, all together and a random grouping, and judge it on the test split."""
    settings = {
        "seed": seed,
        "budget.passes": passes,
        "budget.max_hours": max_hours,
        "budget.max_jobs": max_jobs,
        "base_model": base_model,
        "report_to": flags.listed(report_to, "--report-to"),
    }
    loaded, _ = flags.chosen_tasks(flags.chosen_suite(suite, flags.with_budget(budget, settings)), tasks)
    flags.check_grouping(grouping, loaded)
    flags.check_grouping(compare, loaded)
    folder = flags.out_folder(out, budget)
    from cotrain import api
    from cotrain.commands.show import show_recommendation
    from cotrain.progress import progress_on

    with progress_on(sys.stderr, quiet=quiet) as progress:
        found = api.validate(
            loaded,
            grouping=grouping,
            compare=compare,
            out=folder,
            workers=workers,
            device=device,
            executor=executor,
            address=address,
            storage=storage,
            progress=progress,
        )
    show_recommendation(found, out=folder, as_json=as_json)
