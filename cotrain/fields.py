"""What a settings dataclass allows at a dotted path, in words: read from its own annotations."""

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_BOUNDS = (
    ("ge", "of {} or more"),
    ("gt", "above {}"),
    ("le", "up to {}"),
    ("lt", "below {}"),
    ("min_length", "of {} or more"),
    ("max_length", "up to {}"),
)


@dataclass(frozen=True)
class Form:
    """One form that a value may have.

    Args:
        annotation: A plain type, a literal, a list, a mapping, or a settings dataclass.
        bounds: Words for the bounds of a number or of a list's length, such as ``of 1 or more``.
    """

    annotation: Any
    bounds: str = ""

    def __str__(self) -> str:
        origin = typing.get_origin(self.annotation)
        if origin is Literal:
            return " or ".join(f"`{choice}`" for choice in typing.get_args(self.annotation))
        if origin in (list, tuple, Sequence):
            arguments = typing.get_args(self.annotation)
            inner = " or ".join(str(form) for form in forms(arguments[0]))
            fixed = f" of {len(arguments)}" if origin is tuple and arguments[-1] is not ... else ""
            return f"a list{fixed or self._after}, each item {inner}"
        if dataclasses.is_dataclass(self.annotation):
            return f"fields of {', '.join(self.fields)}"
        return _NAMES.get(self.annotation, "a mapping of names to values") + self._after

    @property
    def _after(self) -> str:
        bounded = self.bounds and self.annotation is not str
        return f" {self.bounds}" if bounded else ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, if this is a settings dataclass."""
        if not dataclasses.is_dataclass(self.annotation):
            return ()
        return tuple(field.name for field in dataclasses.fields(self.annotation))

    @property
    def choices(self) -> tuple[str, ...]:
        """The literal's choices, if it is one."""
        return (
            tuple(map(str, typing.get_args(self.annotation))) if typing.get_origin(self.annotation) is Literal else ()
        )

    def inside(self, part: str) -> list["Form"]:
        """The forms of field, entry or item ``part``."""
        if part in self.fields:
            field = self.annotation.__pydantic_fields__[part]
            return forms(field.annotation, field.metadata)
        arguments = typing.get_args(self.annotation)
        origin = typing.get_origin(self.annotation)
        if origin in (list, tuple, Sequence, dict, Mapping) and arguments:
            return forms(arguments[-1] if origin in (dict, Mapping) else arguments[0])
        return []


def forms(annotation: Any, metadata: Sequence[Any] = ()) -> list[Form]:
    """Every form that an annotation allows, None left out."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        inner, *more = typing.get_args(annotation)
        return forms(inner, [*metadata, *(part for item in more for part in getattr(item, "metadata", [item]))])
    if origin in (typing.Union, types.UnionType):
        return [form for part in typing.get_args(annotation) for form in forms(part, metadata)]
    if annotation is types.NoneType:
        return []
    return [Form(annotation, " and ".join(_bounds(metadata)))]


def _bounds(metadata: Sequence[Any]) -> Iterator[str]:
    for name, words in _BOUNDS:
        for item in metadata:
            value = getattr(item, name, None)
            if value is not None:
                yield words.format(value)


def allowed(settings: type, path: Sequence[str], data: object = None) -> list[Form]:
    """The forms of the value at ``path`` below ``settings``; empty where there is no such field.

    Args:
        data: What the settings are read from: of several dataclasses, only the one that its `name` names.
    """
    found = [Form(settings)]
    for part in path:
        found = _named([inner for form in found for inner in form.inside(part)], data := _entry(data, part))
    return found


def _named(found: list[Form], data: object) -> list[Form]:
    name = data.get("name") if isinstance(data, Mapping) else None
    if not isinstance(name, str):
        return found
    own = [form for form in found if name in {of for inner in form.inside("name") for of in inner.choices}]
    return own or found


def _entry(data: object, part: str) -> object:
    return data.get(part) if isinstance(data, Mapping) else None


def odd_number(settings: type, data: object, path: tuple[str, ...] = ()) -> tuple[tuple[str, ...], object] | None:
    """Path and value of the first truth value where a number belongs, or of a number that is not finite.

    Pydantic takes ``true`` for 1 and lets infinity pass.
    """
    if isinstance(data, Mapping):
        items: Iterator[tuple[object, object]] = iter(data.items())
    elif isinstance(data, list | tuple):
        items = iter(enumerate(data))
    else:
        plain = [form.annotation for form in allowed(settings, path)]
        unfit = isinstance(data, bool) and bool not in plain and (int in plain or float in plain)
        endless = isinstance(data, float) and not abs(data) < float("inf")
        return (path, data) if unfit or endless else None
    found = (odd_number(settings, value, (*path, str(part))) for part, value in items)
    return next((odd for odd in found if odd is not None), None)
