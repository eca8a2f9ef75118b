"""``cotrain export``: a run's adapters as folders to give away."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")] = flags.DEFAULT_OUT,
    tasks: flags.Tasks = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder; by default `export` in the run folder.")
    ] = None,
    as_json: flags.Json = False,
) -> None:
    """Write adapters with cards, and per task what transformers and PEFT alone read, checked in a fresh process."""
    from cotrain.exporting import export_run
    from cotrain.json_text import to_json
    from cotrain.loaded_run import LoadedRun
    from cotrain.progress import progress_on

    names = None if tasks is None else [name.strip() for name in tasks.split(",")]
    with progress_on(sys.stderr, brief=True) as progress:
        found = export_run(LoadedRun.of(run), out=out or run / "export", tasks=names, progress=progress)
    if as_json:
        typer.echo(to_json({"schema": 1, "exported": [one.to_dict() for one in found]}), nl=False)
        return
    for one in found:
        if one.missing:
            typer.echo(f"{one.folder}: left out, as {one.missing}")
            continue
        checked = "" if one.apart is None else f"; logits differ by {one.apart:.1e} in a fresh process"
        typer.echo(f"{one.folder}: read by {one.readers}{checked}")
    if all(one.apart is None for one in found):
        typer.echo("No task has a head that transformers and PEFT alone read; `training: {head: native}` trains such.")
