"""``cotrain plan``: what a run would train."""

from typing import Annotated

import typer

from cotrain.commands import flags


def plan(
    suite: flags.SuiteFile = None,
    out: flags.Out = flags.DEFAULT_OUT,
    tasks: flags.Tasks = None,
    no_validate: Annotated[bool, typer.Option("--no-validate", help="Plan a run that stops at the proposal.")] = False,
    as_json: flags.Json = False,
    workers: flags.Workers = None,
    device: flags.Device = "auto",
    passes: flags.Passes = None,
    seeds: flags.Seeds = None,
    base_model: flags.BaseModel = None,
    estimator: flags.Estimator = None,
) -> None:
    """Say what a run would train: jobs, hours, memory and disk. Trains nothing."""
    settings = {"budget.passes": passes, "budget.seeds": seeds, "base_model": base_model, "estimator": estimator}
    loaded, names = flags.chosen_tasks(flags.chosen_suite(suite, settings), tasks)
    from cotrain import api
    from cotrain.json_text import to_json
    from cotrain.plan_text import plan_text

    planned = api.plan(loaded, out=out, validate=not no_validate, tasks=names, workers=workers, device=device)
    typer.echo(to_json(planned) if as_json else plan_text(planned), nl=False)
