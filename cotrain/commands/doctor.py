"""``cotrain doctor``: one page about the machine, to paste into a report of a problem."""

from pathlib import Path

import typer

from cotrain.commands import flags


def doctor(as_json: flags.Json = False) -> None:
    """Print versions, cores, devices, the embedded model's state, caches and name clashes; code 1 if one is wrong."""
    from cotrain.doctor import examine, to_dict
    from cotrain.exit_codes import UNEXPECTED
    from cotrain.json_text import to_json

    checks = examine(Path.cwd())
    if as_json:
        typer.echo(to_json(to_dict(checks)), nl=False)
    else:
        typer.echo("\n".join(map(str, checks)))
    if any(check.level == "wrong" for check in checks):
        raise typer.Exit(UNEXPECTED)
