"""``cotrain plan``: what a run would train."""

import sys
from typing import Annotated

import typer

from cotrain.commands import flags


def plan(
    suite: flags.SuiteFile = None,
    out: flags.Out = None,
    tasks: flags.Tasks = None,
    equal_sizes: flags.EqualSizes = False,
    no_validate: Annotated[bool, typer.Option("--no-validate", help="Plan a run that stops at the proposal.")] = False,
    as_json: flags.Json = False,
    workers: flags.Workers = None,
    device: flags.Device = "auto",
    budget: flags.BudgetName = None,
    passes: flags.Passes = None,
    seeds: flags.Seeds = None,
    reruns: flags.Reruns = None,
    base_model: flags.BaseModel = None,
    estimator: flags.Estimator = None,
    max_adapters: flags.MaxAdapters = None,
    forms: flags.Forms = None,
) -> None:
    """Say what a run of `cotrain recommend` would train: jobs, hours, memory and disk. Trains nothing.

    What `cotrain reproduce` trains and prompts beside, such as every pair, is not counted.
    """
    settings = {
        "budget.passes": passes,
        "budget.seeds": seeds,
        "budget.reruns": reruns,
        "base_model": base_model,
        "estimator": estimator,
        "grouping.max_adapters": max_adapters,
        "grouping.forms": flags.listed(forms, "--forms"),
    }
    candidates, names = flags.chosen_candidates(suite, flags.with_budget(budget, settings), tasks)
    from cotrain import api
    from cotrain.json_text import to_json
    from cotrain.plan_text import plan_text
    from cotrain.progress import progress_on

    with progress_on(sys.stderr, brief=True) as progress:
        planned = {
            of.name: api.plan(
                of.loaded,
                out=flags.out_folder(out, budget),
                validate=not no_validate,
                equal_sizes=equal_sizes,
                tasks=names,
                workers=workers,
                device=device,
                progress=progress,
            )
            for of in candidates
        }
    if len(planned) == 1:
        (only,) = planned.values()
        typer.echo(to_json(only) if as_json else plan_text(only), nl=False)
    elif as_json:
        typer.echo(to_json({"schema": 1, "candidates": planned}), nl=False)
    else:
        typer.echo(
            "\n".join(f"{name} (only the chosen one is validated)\n{plan_text(of)}" for name, of in planned.items())
        )
