"""``cotrain schema``: the JSON schema of the suite file."""

import typer

from cotrain.commands import flags


def schema(as_json: flags.Json = True) -> None:
    """Print the JSON schema of the suite file, for editors."""
    from cotrain.json_text import to_json
    from cotrain.schema import suite_schema

    typer.echo(to_json(suite_schema()), nl=False)
