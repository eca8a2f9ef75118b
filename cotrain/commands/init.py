"""``cotrain init``: a suite file to start from."""

from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("suite.yaml"),
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Write the tasks that this folder holds, with guessed columns."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    as_json: flags.Json = False,
) -> None:
    """Write a commented suite file.

    With --data its tasks are the CSV, TSV, JSON, JSONL and Parquet files of a folder, or of its folders, where train,
    valid and test files are one task. Columns are guessed by names and contents; what they leave open is told.
    """
    from cotrain.init import write_template
    from cotrain.json_text import to_json

    if data is None:
        write_template(path, force=force)
        told = f"wrote {path}; name your data in it, then run `cotrain audit {path}`"
        content: dict[str, object] = {}
    else:
        from cotrain.init_from_data import init_from_data

        found = init_from_data(path, data, force=force)
        told = "\n".join(
            [
                f"wrote {path}, with {len(found.tasks)} tasks; see in it whether the columns are right:",
                *(f"  {name}: {task.told}" for name, task in found.tasks.items()),
                *(f"left out: {file}: {reason}" for file, reason in found.left_out.items()),
                f"then run `cotrain audit {path}`, and `cotrain recommend {path}`",
            ]
        )
        content = {
            "tasks": {
                name: {"entry": of.entry, "told": of.told, "readable": of.readable} for name, of in found.tasks.items()
            },
            "left_out": dict(found.left_out),
        }
    typer.echo(to_json({"schema": 1, "wrote": str(path)} | content) if as_json else told, nl=not as_json)
