"""``cotrain predict``: a trained group on new examples."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cotrain import completing
from cotrain.commands import flags


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New examples: .jsonl, .json, .csv, .tsv or .parquet.")],
    task: Annotated[str, typer.Option("--task", metavar="NAME", autocompletion=completing.task, help="Which task.")],
    documents: Annotated[
        Path | None,
        typer.Option("--documents", metavar="FILE", help="Retrieval: what is searched.", show_default=False),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B", help="Columns of the texts; the suite's if left out."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Retrieval: documents per query.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write there, not on standard output.", show_default=False),
    ] = None,
    device: flags.Device = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object with all predictions, not one line per example.")
    ] = False,
) -> None:
    """Predict new examples of a task with the adapter of its group: one line of JSON per example."""
    from cotrain.json_text import to_json, to_json_line
    from cotrain.loaded_run import LoadedRun
    from cotrain.predicting import read_texts, write_lines
    from cotrain.progress import progress_on

    loaded = LoadedRun.of(run)
    with progress_on(sys.stderr, brief=True) as progress:
        with progress.phase("reading the groups", 1):
            described = loaded.task(task, device=device).described
        names = columns.split(",") if columns is not None else list(described["columns"])
        sides = read_texts(described, names, file, documents=documents)
        with progress.phase(f"predicting {len(sides[0])} examples", 1):
            found = loaded.predict(task, *sides, device=device, top=top)
    if as_json:
        write_lines([to_json({"schema": 1, "task": task, "predictions": found})], out)
    else:
        write_lines((to_json_line(one) for one in found), out)
