"""Options that several commands share, and how they override the suite file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from cotrain import completing
from cotrain.smoke import SMOKE, SMOKE_OUT

if TYPE_CHECKING:
    from cotrain.candidates import Candidate
    from cotrain.suite import LoadedSuite

Number = TypeVar("Number", int, float)

DEFAULT_OUT = Path("cotrain-run")
"""The run folder when none is named."""

PANEL = "Suite file"

SuiteFile = Annotated[
    Path | None,
    typer.Argument(metavar="SUITE", help="Suite file; without one, the built-in tasks.", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help=f"Run folder, ./{DEFAULT_OUT} or, of a smoke run, ./{SMOKE_OUT}; the same command resumes in it.",
        show_default=False,
    ),
]
BudgetName = Annotated[
    Literal["smoke"] | None,
    typer.Option(
        "--budget",
        help="Try the suite from end to end in the shortest time, with 64 examples of each split, one pass and the "
        "fewest runs; the verdict is labelled as a smoke run's and says nothing.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Worker processes; by default as many as pay.", show_default=False),
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="NAME",
        autocompletion=completing.among(completing.DEVICES),
        help="auto, cpu, cuda, cuda:1, mps, ...; cuda:0+cuda:1 train each run together.",
    ),
]
Executor = Annotated[
    Literal["local", "ray"],
    typer.Option("--executor", help="local: this process and --workers of it; ray: workers on a Ray cluster."),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Of the Ray cluster; auto is one that runs here already; without it one is started on this machine.",
        show_default=False,
    ),
]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="URL",
        envvar="COTRAIN_STORAGE",
        help="A PostgreSQL database for finished runs and studies, postgresql://user@host/database; files of the run "
        "folder by default.",
        show_default=False,
        show_envvar=True,
    ),
]
Tasks = Annotated[
    str | None,
    typer.Option(
        "--tasks", metavar="A,B,C", help="Only these tasks.", show_default=False, autocompletion=completing.tasks
    ),
]
Source = Annotated[
    list[Path] | None,
    typer.Option(
        "--source", metavar="DIR", help="Mine the built-in tasks from this folder; may be repeated.", show_default=False
    ),
]
Controls = Annotated[
    bool, typer.Option("--controls", help="Add a task cut into two halves, and one with shuffled labels.")
]
EqualSizes = Annotated[
    bool,
    typer.Option(
        "--equal-sizes",
        help="Train losing pairs again with the larger data set cut to the smaller one's size: dominance or conflict?",
    ),
]
Compare = Annotated[
    Path | None,
    typer.Option(
        "--compare",
        metavar="FILE",
        help="A grouping of yours, as --grouping takes it, validated beside the choice.",
        show_default=False,
    ),
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="Overrides `seed`.", show_default=False, rich_help_panel=PANEL)
]
Passes = Annotated[
    int | None, typer.Option("--passes", help="Overrides `budget.passes`.", show_default=False, rich_help_panel=PANEL)
]
Seeds = Annotated[
    int | None, typer.Option("--seeds", help="Overrides `budget.seeds`.", show_default=False, rich_help_panel=PANEL)
]
Reruns = Annotated[
    int | None,
    typer.Option(
        "--reruns",
        min=0,
        help="Overrides `budget.reruns`: complete reruns with other seeds, to see how stable the answer is.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Earlier = Annotated[
    list[Path] | None,
    typer.Option(
        "--earlier",
        metavar="RUN",
        help="A finished run with the same base model and method, from which a bias of predicted gains is learned; may "
        "be repeated.",
        show_default=False,
    ),
]
MaxHours = Annotated[
    float | None,
    typer.Option("--max-hours", help="Overrides `budget.max_hours`.", show_default=False, rich_help_panel=PANEL),
]
MaxJobs = Annotated[
    int | None,
    typer.Option("--max-jobs", help="Overrides `budget.max_jobs`.", show_default=False, rich_help_panel=PANEL),
]
Early = Annotated[
    bool | None,
    typer.Option("--early/--no-early", help="Overrides `budget.early`.", show_default=False, rich_help_panel=PANEL),
]
BaseModel = Annotated[
    str | None,
    typer.Option(
        "--base-model",
        metavar="NAME",
        autocompletion=completing.among(completing.BASE_MODELS),
        help="Overrides `base_model`.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
MaxAdapters = Annotated[
    int | None,
    typer.Option(
        "--max-adapters", help="Overrides `grouping.max_adapters`.", show_default=False, rich_help_panel=PANEL
    ),
]
Objective = Annotated[
    str | None,
    typer.Option(
        "--objective",
        metavar="best_gain|fewest_adapters",
        autocompletion=completing.among(completing.OBJECTIVES),
        help="Overrides `grouping.objective`.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Forms = Annotated[
    str | None,
    typer.Option(
        "--forms",
        metavar="private,ties,...",
        autocompletion=completing.among(completing.FORMS, several=True),
        help="Overrides `grouping.forms`: make the chosen groups in other ways too: private, mean, ties, dare, equal, "
        "temperature, weighted, helped.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
ReportTo = Annotated[
    str | None,
    typer.Option(
        "--report-to",
        metavar="NAME,...",
        help="Overrides `report_to`: trackers that are told of the run: mlflow, wandb, trackio, tensorboard, or none.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Estimator = Annotated[
    str | None,
    typer.Option(
        "--estimator",
        metavar="NAME",
        autocompletion=completing.estimators,
        help="Overrides `estimator`: hybrid, pairwise, lookahead, cosine, features, linearized, or an installed one.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]

FIELDS = {
    "seed": "--seed",
    "budget.passes": "--passes",
    "budget.seeds": "--seeds",
    "budget.max_hours": "--max-hours",
    "budget.reruns": "--reruns",
    "budget.max_jobs": "--max-jobs",
    "budget.early": "--early",
    "base_model": "--base-model",
    "estimator": "--estimator",
    "grouping.max_adapters": "--max-adapters",
    "grouping.objective": "--objective",
    "grouping.forms": "--forms",
    "report_to": "--report-to",
}
"""Which flag overrides which field."""


def with_budget(budget: str | None, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a named budget, and over them those that were given; None where a flag was not."""
    given = {field: value for field, value in settings.items() if value is not None}
    return (SMOKE if budget == "smoke" else {}) | given


def out_folder(out: Path | None, budget: str | None) -> Path:
    """The run folder that was named, or the one that is meant."""
    return out or (SMOKE_OUT if budget == "smoke" else DEFAULT_OUT)


def chosen_suite(path: Path | None, settings: dict[str, Any]) -> "LoadedSuite":
    """The suite file, or the built-in suite, with the flags that were given.

    Args:
        path: The suite file; None for the built-in tasks.
        settings: Values by field of :data:`FIELDS`; None where the flag was not given.
    """
    from cotrain.suite import builtin_suite, load_suite, override

    loaded = builtin_suite() if path is None else load_suite(path)
    given = {field: value for field, value in settings.items() if value is not None}
    return override(loaded, given, names=FIELDS)


def chosen_candidates(path: Path | None, settings: dict[str, Any], names: str | None) -> "tuple[list[Candidate], Any]":
    """The suites of a suite file that may list base models and methods, with flags and `--tasks`; and the names of
    built-in tasks, as of :func:`chosen_tasks`.

    Args:
        settings: As of :func:`chosen_suite`; a base model there takes the place of all.
    """
    from dataclasses import replace

    from cotrain.candidates import load_candidates
    from cotrain.suite import override

    given = {field: value for field, value in settings.items() if value is not None}
    base = given.pop("base_model", None)
    found = load_candidates(path, base_models=() if base is None else [base])
    wanted, chosen = None, []
    for candidate in found:
        loaded, wanted = chosen_tasks(override(candidate.loaded, given, names=FIELDS), names)
        chosen.append(replace(candidate, loaded=loaded))
    return chosen, wanted


def chosen_tasks(loaded: "LoadedSuite", names: str | None) -> tuple["LoadedSuite", list[str] | None]:
    """The suite with the tasks of ``--tasks``; names of built-in tasks are passed on, as they are not mined yet."""
    from cotrain.suite import select_tasks
    from tasks.errors import InputError

    if names is None:
        return loaded, None
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if len(set(wanted)) < 2:
        raise InputError(f"expected two tasks or more, as in a,b, but got {names!r}", place="--tasks")
    return (loaded, wanted) if loaded.builtin else (select_tasks(loaded, wanted), None)


def check_grouping(path: Path | None, loaded: "LoadedSuite") -> None:
    """Refuses a file of a grouping that does not fit the suite's tasks, before anything is opened.

    Built-in tasks are not known before they are mined: the file is read again then.
    """
    from grouping.read import read_grouping

    if path is not None and loaded.suite.tasks:
        read_grouping(path, list(loaded.suite.tasks))


def needs_validation(compare: Path | None, *, validate: bool) -> None:
    """Refuses ``--compare`` where nothing is validated."""
    from tasks.errors import InputError

    if compare is not None and not validate:
        raise InputError("is validated beside the choice, which --no-validate leaves out; drop one", place="--compare")


def listed(value: str | None, flag: str) -> list[str] | None:
    """Names between commas; None where the flag was not given."""
    from tasks.errors import InputError

    if value is None:
        return None
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise InputError(f"expected different names, as in a,b, but got {value!r}", place=flag)
    return names


def numbers(value: str, flag: str, kind: type[Number], *, zero: bool = True) -> list[Number]:
    """Numbers between commas, 0 or more (above 0 without ``zero``), each once."""
    from tasks.errors import InputError

    try:
        found = [kind(part) for part in value.split(",")]
    except ValueError:
        found = []
    fitting = all(0 <= number < float("inf") and (zero or number > 0) for number in found)
    if not found or not fitting or len(set(found)) < len(found):
        least = "of 0 or more" if zero else "above 0"
        raise InputError(f"expected different numbers {least} between commas, but got {value!r}", place=flag)
    return found


def only_builtin(loaded: "LoadedSuite", *, source: list[Path] | None) -> None:
    """Refuses ``--source`` beside a suite file, which names its own data."""
    from tasks.errors import InputError

    if source and not loaded.builtin:
        raise InputError(f"mines the built-in tasks, but {loaded.place} names its own; leave one out", place="--source")
