"""``cotrain predict``: a trained group on new examples."""

from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New examples: .jsonl, .json, .csv, .tsv or .parquet.")],
    task: Annotated[str, typer.Option("--task", metavar="NAME", help="Which task.")],
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
) -> None:
    """Predict new examples of a task with the adapter of its group: one line of JSON per example."""
    from cotrain.json_text import to_json_line
    from cotrain.loaded_run import LoadedRun
    from cotrain.predicting import read_texts, write_lines

    loaded = LoadedRun.of(run)
    described = loaded.task(task, device=device).described
    names = columns.split(",") if columns is not None else list(described["columns"])
    sides = read_texts(described, names, file, documents=documents)
    found = loaded.predict(task, *sides, device=device, top=top)
    write_lines((to_json_line(one) for one in found), out)
