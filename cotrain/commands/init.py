"""``cotrain init``: a suite file to start from."""

from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("suite.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    as_json: flags.Json = False,
) -> None:
    """Write a commented suite file."""
    from cotrain.init import write_template

    write_template(path, force=force)
    if as_json:
        from cotrain.json_text import to_json

        typer.echo(to_json({"schema": 1, "wrote": str(path)}), nl=False)
        return
    typer.echo(f"wrote {path}; name your data in it, then run `cotrain audit {path}`")
