"""``cotrain doctor``: one page about the machine, to paste into a report of a problem."""

from pathlib import Path

import typer


def doctor() -> None:
    """Print versions, cores, devices, the embedded model's state, caches and name clashes; code 1 if one is wrong."""
    from cotrain.doctor import examine

    checks = examine(Path.cwd())
    typer.echo("\n".join(map(str, checks)))
    if any(check.remedy for check in checks):
        raise typer.Exit(1)
