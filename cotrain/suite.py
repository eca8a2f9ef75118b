"""The suite file: one definition for the code, the messages and the JSON schema."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pydantic
from pydantic import ConfigDict, Field, TypeAdapter

from cotrain.estimator import DEFAULT, find_estimator
from cotrain.field_errors import check
from cotrain.form_rules import check_forms
from cotrain.names import check_name
from cotrain.tracking.names import TrackerName, with_trackers
from cotrain.yaml_file import read_yaml
from grouping.objective import Grouping
from tasks.errors import InputError, did_you_mean
from tasks.paths import given_path
from tasks.spec import TaskSpec
from trainers.budget import Budget
from trainers.methods import METHODS, AnyMethod, LoRA
from trainers.settings import Training


@pydantic.dataclasses.dataclass(
    frozen=True, kw_only=True, config=ConfigDict(extra="forbid", use_attribute_docstrings=True)
)
class Suite:
    """Tasks, a base model, and how much to train."""

    base_model: str = Field(default="embedded", min_length=1)
    """`embedded` (installs from the package index), a folder with safetensors weights, a GGUF file, or a hub name; a
    list of them lets `cotrain recommend` choose."""
    base_model_bits: Literal[4, 8] | None = None
    """Bits of the base model's weights on a CUDA device, for less memory; needs `pip install "cotrain[bits]"`. All by
    default. Adapters and heads keep theirs."""
    method: AnyMethod = Field(default_factory=LoRA)
    """What is trained on the frozen base model, shared by the tasks of a group; `{name: lora, ...}` or a name alone, or
    a list of them."""
    tasks: dict[str, TaskSpec] = Field(default_factory=dict)
    """Two tasks or more, by name. Names hold letters, digits, `_` and `-`; paths are relative to the suite file."""
    budget: Budget = Field(default_factory=Budget)
    """Passes, seeds and hours."""
    estimator: str = DEFAULT
    """Where affinities come from before the search: `hybrid` simulates training and corrects that by the runs of every
    task alone and of all together; `pairwise` trains every pair; `linearized` only simulates; `cosine`: a baseline."""
    training: Training = Field(default_factory=Training)
    """Optimiser settings, one set for every run."""
    grouping: Grouping = Field(default_factory=Grouping)
    """What makes a grouping good, and which are allowed."""
    max_length: int = Field(default=128, ge=8)
    """Tokens per text; what is longer is cut, and the audit tells how much."""
    seed: int = Field(default=42, ge=0, lt=2**31)
    """Splits, initialisation, orders and proposals follow from it."""
    report_to: tuple[TrackerName, ...] = ()
    """Experiment trackers that are told of the run: `mlflow`, `wandb`, `trackio`, `tensorboard`, one or a list, each
    with `pip install "cotrain[NAME]"`. None by default, and nothing is sent anywhere then."""


@dataclass(frozen=True)
class LoadedSuite:
    """A suite and where it stands.

    Args:
        suite: The settings.
        folder: What the paths of the tasks are relative to.
        path: The suite file, as it was named; None for the built-in tasks.
    """

    suite: Suite
    folder: Path
    path: Path | None

    @property
    def place(self) -> str:
        """What stands in front of the fields in messages: the suite file."""
        return str(self.path) if self.path is not None else "built-in suite"

    @property
    def builtin(self) -> bool:
        """True where the tasks are the built-in ones."""
        return self.path is None


def load_suite(path: Path | str) -> LoadedSuite:
    """Reads and checks a suite file; its data are not touched.

    Raises:
        InputError: If the file is missing or not YAML, a name stands twice, a field is unknown, missing or of a wrong
            form, or there are fewer than two tasks.
    """
    path = Path(path)
    return checked_suite(read_yaml(path), path)


def checked_suite(data: Any, path: Path) -> LoadedSuite:
    """The content of a suite file as a suite.

    Raises:
        InputError: As :func:`load_suite`.
    """
    if data is None:
        raise InputError("this file is empty; `cotrain init` writes one to start from", place=str(path))
    try:
        suite = parse_suite(data)
        if len(suite.tasks) < 2:
            found = f"only `{next(iter(suite.tasks))}`" if suite.tasks else "none"
            raise InputError(f"expected two tasks or more, as groups are made of them, but got {found}", place="tasks")
        folder = path.resolve().parent
        suite = dataclasses.replace(suite, base_model=located(suite.base_model, folder))
    except InputError as error:
        raise error.within(str(path)) from None
    return LoadedSuite(suite, folder, path)


def builtin_suite() -> LoadedSuite:
    """The settings of the built-in tasks, without the tasks, which are mined later.

    They are what makes the whole way short on two cores: small splits (:data:`cotrain.builtin.SIZES`), short texts, one
    adapted layer, small batches that need few passes, and a margin that so few test examples can settle.
    """
    return LoadedSuite(
        Suite(
            method=LoRA(layers="top-1"),
            training=Training(batch_size=8, learning_rate=1.5e-3),
            budget=Budget(passes=2, validation_seeds=4, models=8),
            grouping=Grouping(max_adapters=3),
            max_length=40,
        ),
        Path.cwd(),
        None,
    )


def override(
    loaded: LoadedSuite, settings: Mapping[str, Any], *, names: Mapping[str, str] | None = None
) -> LoadedSuite:
    """The suite with other values at dotted fields, checked again; a base model's folder is relative to here.

    Args:
        loaded: The suite before.
        settings: Values by dotted field, such as ``{"budget.passes": 2}``.
        names: What a field is called in messages, such as ``{"budget.passes": "--passes"}``.

    Raises:
        InputError: If a value does not fit its field.
    """
    if not settings:
        return loaded
    data = to_plain(loaded.suite)
    for field, value in settings.items():
        *parents, last = field.split(".")
        inner = data
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    if "base_model" in settings and isinstance(settings["base_model"], str):
        data["base_model"] = located(settings["base_model"], Path.cwd())
    try:
        return dataclasses.replace(loaded, suite=parse_suite(data))
    except InputError as error:
        raise InputError(error.message, place=(names or {}).get(error.place, error.place)) from None


def select_tasks(loaded: LoadedSuite, names: Sequence[str]) -> LoadedSuite:
    """The suite with some of its tasks only, in the suite's order.

    Raises:
        InputError: If a name is no task of the suite, or fewer than two are left.
    """
    tasks = loaded.suite.tasks
    for name in names:
        if name not in tasks:
            raise InputError(
                f"no task `{name}` in {loaded.place}{did_you_mean(name, tasks)}; tasks are {', '.join(tasks)}",
                place="--tasks",
            )
    chosen = {name: spec for name, spec in tasks.items() if name in names}
    if len(chosen) < 2:
        raise InputError(f"expected two tasks or more, but got {len(chosen)}", place="--tasks")
    grouping = rules_among(loaded.suite.grouping, chosen)
    return dataclasses.replace(loaded, suite=dataclasses.replace(loaded.suite, tasks=chosen, grouping=grouping))


def parse_suite(data: Any) -> Suite:
    """Plain objects to a suite.

    Raises:
        InputError: If a field does not fit or the rules for groups contradict each other; its place is the field.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"expected fields such as `tasks:`, but got {type(data).__name__} {str(data)[:40]!r}")
    for field in ("base_model", "method"):
        if isinstance(data.get(field), list):
            raise InputError("expected one; only recommend, plan and reproduce compare several", place=field)
    suite: Suite = check(Suite, with_trackers(_named_forms(_named_method(data))))
    find_estimator(suite.estimator)
    for name in suite.tasks:
        check_name(name, place=f"tasks.{name}")
    first, most = suite.budget.validation_seeds, suite.budget.max_validation_seeds
    if most is not None and most < first:
        raise InputError(
            f"found {most}; expected at least `validation_seeds`, {first}, or null", place="budget.max_validation_seeds"
        )
    check_forms(suite.grouping.forms, suite.method, suite.training, tasks=suite.tasks)
    if suite.grouping.max_bytes is not None and any(form.name == "private" for form in suite.grouping.forms):
        raise InputError(
            "`private` adds adapters that `max_bytes` does not count; leave one of the two out", place="grouping.forms"
        )
    for name in suite.grouping.weights if suite.tasks and isinstance(suite.grouping.weights, Mapping) else ():
        if name not in suite.tasks:
            raise InputError(
                f"there is no such task; expected one of {', '.join(suite.tasks)}", place=f"grouping.weights.{name}"
            )
    rules = suite.grouping.to_constraints()
    if suite.tasks and rules.rules:
        rules.check(list(suite.tasks), max_adapters=suite.grouping.max_adapters)
    return suite


def _named_method(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the method's name written out, and its step size where the suite has none."""
    method = data.get("method", {})
    method = {"name": method} if isinstance(method, str) else method
    if not isinstance(method, Mapping):
        return dict(data)
    method = {"name": "lora", **method}
    filled = {**data, "method": method}
    training = data.get("training", {})
    known = METHODS.get(str(method["name"]))
    if known is not None and isinstance(training, Mapping) and "learning_rate" not in training:
        filled["training"] = {**training, "learning_rate": known.learning_rate}
    return filled


def _named_forms(data: dict[str, Any]) -> dict[str, Any]:
    """The same with the forms' names written out."""
    grouping = data.get("grouping")
    if not isinstance(grouping, Mapping) or not isinstance(grouping.get("forms"), list):
        return data
    forms = [{"name": of} if isinstance(of, str) else of for of in grouping["forms"]]
    return {**data, "grouping": {**grouping, "forms": forms}}


def to_plain(suite: Suite) -> dict[str, Any]:
    """The suite as plain objects, every field written out."""
    plain: dict[str, Any] = TypeAdapter(Suite).dump_python(suite, mode="json")
    return plain


def rules_among(grouping: Grouping, tasks: Collection[str]) -> Grouping:
    """The rules that say something about these tasks."""

    def within(lists: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
        kept = [tuple(name for name in names if name in tasks) for names in lists]
        return tuple(names for names in kept if len(names) > 1)

    return dataclasses.replace(
        grouping,
        together=within(grouping.together),
        apart=within(grouping.apart),
        alone=tuple(name for name in grouping.alone if name in tasks),
        weights={name: of for name, of in grouping.weights.items() if name in tasks}
        if isinstance(grouping.weights, Mapping)
        else grouping.weights,
    )


def located(base_model: str, folder: Path) -> str:
    """A base model's folder or file as an absolute path; other names as they are."""
    place = given_path(base_model, folder, place="base_model", home=True)
    return str(place) if place.exists() or base_model.startswith((".", "~")) else base_model
