"""``cotrain init``: a suite file to start from."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("suite.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Write a commented suite file."""
    from cotrain.init import write_template

    write_template(path, force=force)
    typer.echo(f"wrote {path}; name your data in it, then run `cotrain audit {path}`")
