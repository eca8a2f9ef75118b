"""``cotrain recommend``: the whole way."""

import sys
from typing import Annotated

import typer

from cotrain.commands import flags


def recommend(
    suite: flags.SuiteFile = None,
    out: flags.Out = None,
    tasks: flags.Tasks = None,
    source: flags.Source = None,
    controls: flags.Controls = False,
    equal_sizes: flags.EqualSizes = False,
    compare: flags.Compare = None,
    earlier: flags.Earlier = None,
    no_validate: Annotated[
        bool, typer.Option("--no-validate", help="Stop at heatmap and proposal; the test split stays closed.")
    ] = False,
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
    reruns: flags.Reruns = None,
    max_jobs: flags.MaxJobs = None,
    early: flags.Early = None,
    base_model: flags.BaseModel = None,
    estimator: flags.Estimator = None,
    max_adapters: flags.MaxAdapters = None,
    objective: flags.Objective = None,
    forms: flags.Forms = None,
    report_to: flags.ReportTo = None,
) -> None:
    """Find which tasks should share an adapter, and prove it by training the groups.

    An estimator gives the affinity of every pair; a search trains promising groups; the choice is retrained with fresh
    seeds against every task alone, all tasks together and a random grouping, and judged on the test split. Of several
    base models or methods in the suite each is searched, and the choice is the cheapest to serve of those that may be
    the best.
    """
    settings = {
        "seed": seed,
        "budget.passes": passes,
        "budget.seeds": seeds,
        "budget.max_hours": max_hours,
        "budget.reruns": reruns,
        "budget.max_jobs": max_jobs,
        "budget.early": early,
        "base_model": base_model,
        "estimator": estimator,
        "grouping.max_adapters": max_adapters,
        "grouping.objective": objective,
        "grouping.forms": flags.listed(forms, "--forms"),
        "report_to": flags.listed(report_to, "--report-to"),
    }
    candidates, names = flags.chosen_candidates(suite, flags.with_budget(budget, settings), tasks)
    flags.only_builtin(candidates[0].loaded, source=source)
    flags.check_grouping(compare, candidates[0].loaded)
    flags.needs_validation(compare, validate=not no_validate)
    folder = flags.out_folder(out, budget)
    from cotrain import api
    from cotrain.commands.show import show_candidates, show_recommendation
    from cotrain.progress import progress_on

    with progress_on(sys.stderr, quiet=quiet) as progress:
        found = api.recommend(
            candidates,
            out=folder,
            validate=not no_validate,
            controls=controls,
            equal_sizes=equal_sizes,
            compare=compare,
            earlier=list(earlier or []),
            sources=list(source or []),
            tasks=names,
            workers=workers,
            device=device,
            executor=executor,
            address=address,
            storage=storage,
            progress=progress,
        )
    if len(candidates) > 1 and not as_json:
        show_candidates(found)
        folder = folder / found["candidate"]
    show_recommendation(found, out=folder, as_json=as_json)
