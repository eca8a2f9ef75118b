"""``cotrain reproduce``: the study's tables on one's own tasks."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cotrain import completing
from cotrain.commands import flags


def reproduce(
    suite: flags.SuiteFile = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of all runs; the same command resumes in it.")
    ] = Path("cotrain-study"),
    tasks: flags.Tasks = None,
    base_model: Annotated[
        str | None,
        typer.Option(
            "--base-model",
            metavar="A,B",
            autocompletion=completing.among(completing.BASE_MODELS, several=True),
            help="Base models in place of the suite's.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="A,B",
            autocompletion=completing.among(completing.METHODS, several=True),
            help="Methods in place of the suite's.",
            show_default=False,
        ),
    ] = None,
    full: Annotated[
        str,
        typer.Option(
            "--full", metavar="NAMES", help="Base models that are fine-tuned in full too, by short name; all, none."
        ),
    ] = "all",
    prompt: Annotated[
        str, typer.Option("--prompt", metavar="NAMES", help="Base models that are prompted; all that write text, none.")
    ] = "all",
    shots: Annotated[
        str, typer.Option("--shots", metavar="0,4", help="Numbers of examples that prompts show.")
    ] = "0,4",
    tune: Annotated[
        str, typer.Option("--tune", metavar="NAMES", help="Base models of which tuned singles are trained; all, none.")
    ] = "all",
    step_sizes: Annotated[
        str,
        typer.Option(
            "--step-sizes",
            metavar="X,Y",
            help="Step sizes of tuned singles, over the method's own; 1 is always among them.",
        ),
    ] = "0.33,1,3",
    layers: Annotated[
        str | None,
        typer.Option(
            "--layers",
            metavar="LAYERS",
            help="Layers that methods but full and head work on: all, top-N, or top-N% for a share of each base model.",
            show_default=False,
        ),
    ] = None,
    no_pairs: Annotated[bool, typer.Option("--no-pairs", help="Train no pairs.")] = False,
    as_json: flags.Json = False,
    quiet: flags.Quiet = False,
    workers: flags.Workers = None,
    device: flags.Device = "auto",
    executor: flags.Executor = "local",
    address: flags.Address = None,
    storage: flags.Storage = None,
    seed: flags.Seed = None,
    passes: flags.Passes = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            help="Runs of every arrangement; overrides `budget.validation_seeds`.",
            show_default=False,
            rich_help_panel=flags.PANEL,
        ),
    ] = None,
    max_hours: flags.MaxHours = None,
) -> None:
    """Train tasks alone, tuned alone, in pairs, together and in full, and prompt general models: the study's tables.

    A suite's `base_model` and `method` may be lists here. Every figure has an interval and stands beside the constant
    answer's; costs of training and serving follow.
    """
    settings = {
        "seed": seed,
        "budget.passes": passes,
        "budget.validation_seeds": seeds,
        "budget.max_hours": max_hours,
    }
    from cotrain import api
    from cotrain.commands.show import show_study
    from cotrain.progress import progress_on

    with progress_on(sys.stderr, quiet=quiet) as progress:
        found = api.reproduce(
            suite,
            out=out,
            tasks=flags.listed(tasks, "--tasks"),
            base_models=flags.listed(base_model, "--base-model") or (),
            methods=flags.listed(method, "--method") or (),
            full=_named(full, "--full"),
            prompted=_named(prompt, "--prompt"),
            tuned=_named(tune, "--tune"),
            shots=flags.numbers(shots, "--shots", int),
            step_sizes=flags.numbers(step_sizes, "--step-sizes", float, zero=False),
            pairs=not no_pairs,
            layers=layers,
            settings={field: value for field, value in settings.items() if value is not None},
            workers=workers,
            device=device,
            executor=executor,
            address=address,
            storage=storage,
            progress=progress,
        )
    show_study(found, out=out, as_json=as_json)


def _named(value: str, flag: str) -> list[str] | None:
    """Short names; None for all."""
    return {"all": None, "none": []}.get(value, flags.listed(value, flag))
