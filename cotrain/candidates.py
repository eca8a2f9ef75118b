"""Several base models and methods over one suite: each pair of them is a suite of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cotrain.suite import LoadedSuite, builtin_suite, checked_suite, located, override, parse_suite, to_plain
from cotrain.yaml_file import read_yaml
from tasks.errors import InputError
from trainers.methods import METHODS

Entry = tuple[dict[str, Any], float | None]
"""A method's settings, and its step size where it has one of its own."""


@dataclass(frozen=True)
class Candidate:
    """A base model with a method.

    Args:
        base_model: A short name: the last part of a path or hub name.
        method: The method's name; numbered where the suite has two of one name.
        loaded: The suite.
    """

    base_model: str
    method: str
    loaded: LoadedSuite

    @property
    def name(self) -> str:
        """Of the folder with its runs."""
        return f"{self.base_model}-{self.method}"


def load_candidates(
    path: Path | str | None, *, base_models: Sequence[str] = (), methods: Sequence[str] = ()
) -> list[Candidate]:
    """The suites of a suite file whose `base_model` and `method` may be lists; of the built-in suite if None.

    A method in a list may bring its step size, as in `{name: full, learning_rate: 2e-5}`; else it has the method's own.

    Args:
        base_models: In place of the suite's.
        methods: Names in place of the suite's. What the suite has of a name keeps its settings there.

    Raises:
        InputError: As :func:`cotrain.suite.load_suite`; or if a list is empty or names one twice.
    """
    place = Path(path) if path is not None else None
    data = to_plain(builtin_suite().suite) if place is None else read_yaml(place)
    several = isinstance(data, dict) and any(isinstance(data.get(of), list) for of in ("base_model", "method"))
    if place is not None and not (several or base_models or methods):
        loaded = checked_suite(data, place)
        return [Candidate(_short([loaded.suite.base_model])[0], loaded.suite.method.name, loaded)]
    if not isinstance(data, dict):
        assert place is not None
        raise InputError("expected the fields of a suite", place=str(place))
    named = data.get("base_model", "embedded")
    try:
        entries = _methods(data, methods)
        bases = [located(of, Path.cwd()) for of in base_models] or (named if isinstance(named, list) else [named])
        bases = _different(list(map(str, bases)), "base_model")
    except InputError as error:
        raise error.within("built-in suite" if place is None else str(place)) from None
    found = []
    for base, short in zip(bases, _short(bases), strict=True):
        for name, (method, rate) in entries.items():
            plain = {**data, "base_model": base, **_with(data, method, rate)}
            loaded = LoadedSuite(parse_suite(plain), Path.cwd(), None) if place is None else checked_suite(plain, place)
            found.append(Candidate(short, name, loaded))
    return found


BASELINES = ("full", "head")
"""Methods that adapters are compared with: they keep the layers that they have."""


def on_layers(candidate: Candidate, layers: str) -> Candidate:
    """The candidate with its adapter on other layers; a baseline stays.

    Raises:
        InputError: If there are no such layers.
    """
    if candidate.loaded.suite.method.name in BASELINES:
        return candidate
    loaded = override(candidate.loaded, {"method.layers": layers}, names={"method.layers": "--layers"})
    return replace(candidate, loaded=loaded)


def with_full(candidates: Sequence[Candidate], bases: Collection[str] | None) -> list[Candidate]:
    """The candidates, and full fine-tuning of some base models that have it not yet.

    Args:
        bases: Short names; None for all.

    Raises:
        InputError: If there is no such base model.
    """
    known = {of.base_model: of for of in candidates}
    for name in bases or ():
        if name not in known:
            raise InputError(f"no base model `{name}`; expected some of {', '.join(known)}, or none", place="--full")
    found = []
    for base, of in known.items():
        own = [one for one in candidates if one.base_model == base]
        found += own
        if (bases is None or base in bases) and not any(one.loaded.suite.method.name == "full" for one in own):
            changed = {"method": {"name": "full"}, "training.learning_rate": METHODS["full"].learning_rate}
            found.append(Candidate(base, "full", override(of.loaded, changed)))
    return found


def _with(data: Mapping[str, Any], method: Mapping[str, Any], rate: float | None) -> dict[str, Any]:
    """The fields of a suite that a method brings; its own step size where none is given."""
    given = data.get("training") or {}
    if not isinstance(given, Mapping):
        return {"method": dict(method)}  # what is wrong with it is said where it is read
    training = {key: of for key, of in given.items() if key != "learning_rate"}
    return {"method": dict(method), "training": training | ({} if rate is None else {"learning_rate": rate})}


def _methods(data: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Entry]:
    """Settings of every method by name, numbered where two have the same."""
    listed = data.get("method", "lora")
    training = data.get("training")
    rate = training.get("learning_rate") if isinstance(training, Mapping) else None
    several = isinstance(listed, list)
    if several and rate is not None:
        raise InputError(
            "several methods have step sizes of their own; say `learning_rate` in a method's entry",
            place="training.learning_rate",
        )
    entries = [_entry(of, rate) for of in (listed if several else [listed])]
    if not entries:
        raise InputError("expected a method or more, but the list is empty", place="method")
    if wanted:
        names = _different(list(wanted), "--method")
        known = {name: [entry for entry in entries if entry[0]["name"] == name] for name in names}
        entries = [entry for name in names for entry in known[name] or [({"name": name}, None)]]
    found: dict[str, Entry] = {}
    for method, own in entries:
        name = str(method["name"])
        same = sum(key.split(" ")[0] == name for key in found)
        found[f"{name} {same + 1}" if same else name] = (method, own)
    return found


def _entry(method: Any, rate: float | None) -> Entry:
    if isinstance(method, str):
        return {"name": method}, rate
    if not isinstance(method, Mapping):
        raise InputError(
            f"expected a name or settings, but got {method!r}; names are {', '.join(METHODS)}", place="method"
        )
    settings = {"name": "lora", **method}
    own = settings.pop("learning_rate", rate)
    if own is not None and (isinstance(own, bool) or not isinstance(own, int | float)):
        raise InputError(f"expected a number, but got {own!r}", place="method.learning_rate")
    return settings, own


def _different(names: list[str], place: str) -> list[str]:
    twice = [name for name in names if names.count(name) > 1]
    if not names or twice:
        raise InputError(f"`{twice[0]}` stands twice" if twice else "expected one or more, but got none", place=place)
    return names


def _short(bases: Sequence[str]) -> list[str]:
    """Last parts of paths and hub names, numbered where two are alike."""
    found: list[str] = []
    for base in bases:
        name = Path(base).name.removesuffix(".gguf") or base
        same = sum(of == name or of.startswith(f"{name}-") for of in found)
        found.append(f"{name}-{same + 1}" if same else name)
    return found
