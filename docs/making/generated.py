"""Pages that are written from the code while the site is built: they cannot say what the code does not.

A page asks for a part by a line ``<!-- generated: commands -->``. Everything here is Markdown; Sphinx is needed for
:func:`setup` alone.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from cotrain.command_line import app as program
from cotrain.schema import suite_schema
from trainers.forms import FORMS
from trainers.methods import METHODS
from trainers.support import support_table
from trainers.turns import Temperature

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)
MATH = re.compile(r":math:`([^`]*)`")
CODE = re.compile(r"(`[^`]*`|\$[^$]*\$)")

SECTIONS = {
    "Suite": "The file",
    "TaskSpec": "A task",
    "DataFiles": "A task's files",
    "Budget": "budget",
    "Training": "training",
    "Grouping": "grouping",
}
"""Headings of the fields' tables, in their order; methods and forms follow."""


def commands() -> str:
    """Every command with its help: what it does, and its arguments and options."""
    group: Any = get_command(program)
    parts = [_options(group, group.make_context("cotrain", ["schema"]))]
    for name, command in group.commands.items():
        context = command.make_context(f"cotrain {name}", [], resilient_parsing=True)
        usage = " ".join(command.collect_usage_pieces(context))
        parts += [
            f"## {name}",
            f"```text\ncotrain {name} {usage}\n```",
            _prose(command.help or ""),
            _options(command, context),
        ]
    return "\n\n".join(parts)


def _options(command: Any, context: Any) -> str:
    """Tables of the arguments and options, one for each panel of ``--help``."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for of in command.get_params(context):
        name, text = of.get_help_record(context)
        panel = getattr(of, "rich_help_panel", None)
        panel = panel or ("Arguments" if of.param_type_name == "argument" else "Options")
        panels.setdefault(panel, []).append((f"`{name}`", _prose(text)))
    return "\n\n".join(table((panel, "what it does"), rows) for panel, rows in panels.items())


def suite_fields() -> str:
    """Every field of the suite file: type, default and meaning, from its schema."""
    schema = suite_schema()
    found = dict(schema["$defs"])
    fields = {"Suite": schema} | {name: found.pop(name) for name in SECTIONS if name != "Suite"}
    parts: list[str] = []
    for name, of in fields.items():
        parts += [f"## {SECTIONS[name]}", _fields(of)]
    classes = {**METHODS, **{name: of for name, of in FORMS.items() if name != "shared"}, "mixing": Temperature}
    for name, of in classes.items():
        heading = {next(iter(METHODS)): "## Methods", "private": "## Forms", "mixing": "## Mixing"}.get(name, "")
        entry = found[of.__name__]
        parts += [heading, f"### `{name}`", _prose(entry["description"]), _fields(entry, without=("name",))]
    return "\n\n".join(filter(None, parts))


def _fields(of: Mapping[str, Any], *, without: Sequence[str] = ()) -> str:
    needed = of.get("required", ())
    rows = [
        (f"`{name}`", f"{_prose(field.get('description', ''))} *{_kind(field)}{_default(name, field, needed)}*")
        for name, field in of["properties"].items()
        if name not in without
    ]
    return table(("field", "what it means, *and what may stand there*"), rows) if rows else ""


def _default(name: str, field: Mapping[str, Any], needed: Sequence[str]) -> str:
    if name in needed:
        return ", needed"
    default = field.get("default")
    return "" if default in (None, []) or isinstance(default, dict) else f", by default `{_plain(default)}`"


def _plain(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def _kind(field: Mapping[str, Any]) -> str:
    """A schema in words."""
    if "$ref" in field:
        return "fields"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    for key in ("anyOf", "oneOf"):
        if key in field:
            return _either([_kind(of) for of in field[key] if of.get("type") != "null"])
    kind = field.get("type")
    if kind == "array":
        return f"list of {_kind(field['items'])}" if "items" in field else "list"
    if kind == "object":
        return "fields by name"
    return f"{'text' if kind == 'string' else kind}{_limits(field)}"


def _either(kinds: Sequence[str]) -> str:
    one = " or ".join(dict.fromkeys(kind for kind in kinds if not kind.startswith("list of ")))
    return " or ".join(dict.fromkeys(kinds)).replace(f"list of {one}", "a list of them") if one else kinds[0]


def _limits(field: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {field[key]}" for key, sign in signs.items() if key in field]
    return f" {', '.join(limits)}" if limits else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _prose(text: str) -> str:
    """A docstring's paragraphs, each on one line, with code and formulas marked as Markdown has them."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    plain = MATH.sub(r"$\1$", "\n\n".join(paragraphs)).replace("``", "`")
    parts = CODE.split(plain)  # text and code by turns
    return "".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


def tour() -> str:
    """The notebook's entry in the navigation, where there is one."""
    place = Path(__file__).parents[1] / "examples" / "tour.ipynb"
    return "```{toctree}\n:hidden:\n:caption: Examples\n\nexamples/tour\n```" if place.exists() else ""


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "suite-fields": suite_fields,
    "base-models": support_table,
    "tour": tour,
}
"""What pages may ask for."""


def filled(text: str) -> str:
    """The page with its generated parts.

    Raises:
        KeyError: If it asks for one that there is not.
    """
    return MARK.sub(lambda found: PARTS[found.group(1)](), text)


def read(_app: "Sphinx", _page: str, source: list[str]) -> None:
    """Called by Sphinx with the text of every page."""
    source[0] = filled(source[0])


def setup(app: "Sphinx") -> None:
    """Registers the parts."""
    app.connect("source-read", read)
