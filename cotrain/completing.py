"""Values that a shell offers behind an option. It asks at every press of the tab key: nothing heavy is imported."""

import json
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import typer

ESTIMATORS = ("hybrid", "pairwise", "lookahead", "cosine", "features", "linearized")
"""Built-in estimators, as :data:`affinity.estimators.ESTIMATORS` has them."""
METHODS = ("lora", "rslora", "dora", "vera", "ia3", "prefix", "prompt", "serial", "parallel", "full", "head")
"""As :data:`trainers.methods.METHODS` has them."""
FORMS = ("private", "mean", "ties", "dare", "equal", "temperature", "weighted", "helped")
"""As :data:`trainers.forms.FORMS` has them, but for the shared one, which every group has."""
OBJECTIVES = ("best_gain", "fewest_adapters")
DEVICES = ("auto", "cpu", "cuda", "mps")
BASE_MODELS = ("embedded",)
BUILTIN = (
    "docstring_mismatch", "comment_mismatch", "code_search", "completion", "clone", "same_file", "complexity",
    "nesting", "constructs", "function_verb", "return_kind", "default_kind", "parameter_count", "accessor", "private",
    "documented", "exception_type", "string_role", "module_domain", "package", "lint", "security", "variable_misuse",
    "wrong_operator", "swapped_operands", "bug_line", "docstring_writer",
)  # fmt: skip
"""Built-in tasks, as :data:`tasks.mining.BUILTIN` has them."""

Offer = Callable[[typer.Context, str], list[str]]
"""What completes: gets the command so far, and the begin of the value."""


def offered(names: Iterable[str], begun: str, *, several: bool = False) -> list[str]:
    """The names that go on from what was begun; of several between commas, the last, none twice."""
    before, comma, last = begun.rpartition(",") if several else ("", "", begun)
    used = before.split(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(last) and name not in used]


def among(names: Iterable[str], *, several: bool = False) -> Offer:
    """Completes from names that are always the same."""

    def offer(_context: typer.Context, incomplete: str) -> list[str]:
        return offered(names, incomplete, several=several)

    return offer


def estimators(_context: typer.Context, incomplete: str) -> list[str]:
    """Built-in estimators, and those of other distributions, which are not imported."""
    return offered([*ESTIMATORS, *sorted(of.name for of in entry_points(group="cotrain.estimators"))], incomplete)


def task(context: typer.Context, incomplete: str) -> list[str]:
    """One task of the run folder on the command line."""
    return offered(_known_tasks(context), incomplete)


def tasks(context: typer.Context, incomplete: str) -> list[str]:
    """Tasks between commas: of the run folder or suite file on the command line; without one, the built-in ones."""
    return offered(_known_tasks(context), incomplete, several=True)


def _known_tasks(context: typer.Context) -> Iterable[str]:
    names = {of.name for of in context.command.params}
    given = context.params.get("run" if "run" in names else "suite")
    if context.args:  # what stands before an option without its value is not taken up yet
        given = context.args[0]
    if "run" in names:
        return () if given is None else _tasks_of(Path(given) / "recommendation.json", json.loads)
    return BUILTIN if given is None else _tasks_of(given, _yaml)


def _tasks_of(path: Any, read: Callable[[str], Any]) -> list[str]:
    """Names under `tasks` in a file; none where it cannot be read, as a shell wants no errors."""
    try:
        return list(map(str, read(Path(path).read_text(encoding="utf-8"))["tasks"]))
    except Exception:  # the file is not finished, or none of ours
        return []


def _yaml(text: str) -> Any:
    import yaml

    return yaml.safe_load(text)
