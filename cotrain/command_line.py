"""The commands as one program, and how it reports wrong usage."""

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, Any, cast

import typer
from typer.main import get_command

from cotrain.commands.audit import audit
from cotrain.commands.compare import compare
from cotrain.commands.doctor import doctor
from cotrain.commands.export import export
from cotrain.commands.heatmap import heatmap
from cotrain.commands.init import init
from cotrain.commands.plan import plan
from cotrain.commands.predict import predict
from cotrain.commands.recommend import recommend
from cotrain.commands.report import report
from cotrain.commands.reproduce import reproduce
from cotrain.commands.schema import schema
from cotrain.commands.search import search
from cotrain.commands.validate import validate
from cotrain.exit_codes import MEANINGS
from tasks.errors import InputError

USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__bases__[0])
"""Typer's error for a wrong option or argument; where it lives depends on Typer's version."""

COMMANDS: dict[str, Callable[..., Any]] = {
    "recommend": recommend,
    "heatmap": heatmap,
    "validate": validate,
    "reproduce": reproduce,
    "search": search,
    "plan": plan,
    "audit": audit,
    "predict": predict,
    "export": export,
    "report": report,
    "compare": compare,
    "init": init,
    "schema": schema,
    "doctor": doctor,
}
"""Every command by name, in the order of the help."""

EPILOG = "\n".join(["Exit codes", *(f"{code:<3}  {meaning}" for code, meaning in MEANINGS.items())])
"""What stands below the list of commands."""
COMPLETE = "_COTRAIN_COMPLETE"
"""Set by the shell where it wants a command line to be completed, or the script that does so."""

app = typer.Typer(
    name="cotrain",
    epilog=EPILOG,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def _version(wanted: bool) -> None:
    if wanted:
        from cotrain.versions import own_version

        typer.echo(f"cotrain {own_version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON alone on standard output; may stand anywhere, as those below.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="The answer and errors alone.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="On standard error, what is decided and why, and every job.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="The traceback of an error.")] = False,
) -> None:
    """Find which tasks should share a PEFT adapter, from short probe runs, and prove it by training the groups."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(argv: Sequence[str]) -> int:
    """Runs one command.

    Returns:
        The exit code.

    Raises:
        InputError: Also for a wrong option or argument.
    """
    command = get_command(app)
    if COMPLETE in os.environ:
        command.main(args=[], prog_name="cotrain")
    try:
        with command.make_context("cotrain", list(argv)) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except USAGE_ERROR as error:
        raise _in_words(error, argv) from None
    return 0


def _in_words(error: Exception, argv: Sequence[str]) -> InputError:
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    name = getattr(context, "command_path", "cotrain")
    return InputError(f"{text.rstrip('.')}{_given(error, argv)}; `{name} --help` lists what there is", place=name)


def _given(error: Exception, argv: Sequence[str]) -> str:
    """What was given for the option that a value does not fit, which not every version of Typer says."""
    options = getattr(getattr(error, "param", None), "opts", ())
    for flag, value in pairwise(argv):
        if flag in options and isinstance(error, typer.BadParameter):
            return f", but got {value!r}"
    return ""
