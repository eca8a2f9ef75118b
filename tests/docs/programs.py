"""Whether a command of the documentation could be run: the program is there, and so is every option it is given."""

import ast
import re
import shlex
from collections.abc import Sequence
from typing import Any

from typer.main import get_command

from cotrain.command_line import USAGE_ERROR, app
from tests.docs.pages import ROOT

INCOMPLETE = re.compile(r"Missing |requires an argument|requires \d+ arguments")
"""What Typer says where a sentence names a command without all that it needs."""


def check(command: str, *, whole: bool = True) -> None:
    """Refuses what could not be run.

    Args:
        whole: Whether nothing may be missing; in a sentence a command may be named by its beginning.

    Raises:
        AssertionError: If there is no such program, command, module, file or option.
    """
    program, *arguments = shlex.split(command)
    assert program in PROGRAMS, f"no way to check `{program}`: {command}"
    PROGRAMS[program](arguments, whole)


def cotrain(arguments: Sequence[str], whole: bool) -> None:
    """The real command line, whose commands do nothing but take their arguments."""
    group: Any = get_command(app)
    for command in group.commands.values():
        command.callback = lambda **_: None
    try:
        with group.make_context("cotrain", list(arguments)) as context:
            group.invoke(context)
    except USAGE_ERROR as error:
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        assert not whole, said
        assert INCOMPLETE.search(said), said
    except Exception as ended:
        if type(ended).__name__ != "Exit":
            raise


def pip(arguments: Sequence[str], _whole: bool) -> None:
    """``pip install``: extras and files that there are."""
    extras = set(re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE))
    assert arguments[0] == "install"
    for argument in arguments[1:]:
        for extra in re.findall(r"(?:^\.|cotrain)\[(\w+)\]", argument):
            assert extra in extras, f"no extra {extra}"
        if argument.endswith(".txt"):
            assert (ROOT / argument).exists(), f"no file {argument}"


def python(arguments: Sequence[str], _whole: bool) -> None:
    """A module or script of the checkout, with options that its source names."""
    module = arguments[0] == "-m"
    name, rest = (arguments[1], arguments[2:]) if module else (arguments[0], arguments[1:])
    path = ROOT / (f"{name.replace('.', '/')}.py" if module else name)
    assert path.exists(), f"no file {path}"
    source = path.read_text(encoding="utf-8")
    known = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    for option in (argument.partition("=")[0] for argument in rest if argument.startswith("-")):
        assert option in known, f"{name} has no option {option}"


def tool(_arguments: Sequence[str], _whole: bool) -> None:
    """A program of the `test` extra, which has its own help."""


PROGRAMS = {"cotrain": cotrain, "pip": pip, "python": python, "pytest": tool, "ruff": tool, "mypy": tool}
"""How to check a program's arguments."""
