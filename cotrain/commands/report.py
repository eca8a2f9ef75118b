"""``cotrain report``: the report of a finished run, built again."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")] = flags.DEFAULT_OUT,
    as_json: flags.Json = False,
) -> None:
    """Build report.html and the figures of a run folder again, and print the summary."""
    from cotrain.commands.show import show_recommendation
    from cotrain.progress import progress_on
    from cotrain.run_folder import RunFolder
    from reports.inputs import chosen_folder, read_object, read_run
    from reports.report import render

    read_run(run)
    run = chosen_folder(run)
    with RunFolder(run), progress_on(sys.stderr, brief=True) as progress, progress.phase("drawing the report", 1):
        render(run)
    show_recommendation(read_object(run / "recommendation.json"), out=run, as_json=as_json)
