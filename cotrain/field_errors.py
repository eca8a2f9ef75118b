"""A value that does not fit its field, in words that a user of a suite file knows."""

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cotrain.fields import allowed, odd_number
from tasks.errors import InputError, did_you_mean

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxstring = 2, 3, 60
_RANK = {"unexpected_keyword_argument": 0, "missing": 1}


def check(settings: type, data: object) -> Any:
    """The settings that ``data`` spell out.

    Raises:
        InputError: If a field is unknown, missing or of a wrong form; the place is the field's dotted path. Unknown
            fields come first (a misspelt field is often a missing one too), then missing ones, then values.
    """
    try:
        parsed: Any = TypeAdapter(settings).validate_python(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise min((_input_error(item, settings, data) for item in found), key=lambda ranked: ranked[0])[1] from None
    odd = odd_number(settings, data)
    if odd is not None:
        path, value = odd
        raise InputError(_unlike(settings, path, value, data), place=".".join(path))
    return parsed


def _input_error(item: Mapping[str, Any], settings: type, data: object) -> tuple[tuple[int, int], InputError]:
    """One of pydantic's errors in words, with its rank: kind of error first, then the more deeply nested."""
    kind = item["type"]
    path = _path([str(part) for part in item["loc"]], data, missing=kind == "missing")
    place = ".".join(path)
    if kind == "union_tag_invalid":
        got = item["ctx"]["tag"]
        return (0, -len(path)), InputError(_unlike(settings, [*path, "name"], got), place=f"{place}.name")
    if kind == "unexpected_keyword_argument":
        known = list(dict.fromkeys(name for form in allowed(settings, path[:-1], data) for name in form.fields))
        close = did_you_mean(path[-1], known)
        text = f"there is no such field{close}; fields are {', '.join(known)}"
        return (0, -len(path)), InputError(text, place=place)
    if kind == "missing" and not path[-1].isdigit():
        wanted = " or ".join(str(form) for form in allowed(settings, path, data))
        return (1, -len(path)), InputError(f"this field is missing; expected {wanted}", place=place)
    if kind == "missing":
        path, value = path[:-1], _at(data, path[:-1])
        return (2, -len(path)), InputError(_unlike(settings, path, value, data), place=".".join(path))
    if kind == "value_error":
        return (2, -len(path)), InputError(str(item["ctx"]["error"]), place=place)
    return (2, -len(path)), InputError(_unlike(settings, path, item["input"], data), place=place)


def _unlike(settings: type, path: Sequence[str], got: object, data: object = None) -> str:
    wanted = allowed(settings, path, data)
    words = " or ".join(dict.fromkeys(str(form) for form in wanted))
    close = did_you_mean(got, [choice for form in wanted for choice in form.choices]) if isinstance(got, str) else ""
    shown = "nothing" if got is None else _SHORT.repr(got)
    return f"expected {words}, but got {shown}{close}"


def _at(data: Any, path: Sequence[str]) -> Any:
    for part in path:
        data = data[part] if isinstance(data, Mapping) else data[int(part)]
    return data


def _path(location: Sequence[str], data: object, *, missing: bool) -> list[str]:
    """The location without what pydantic puts in for the branches of a union, which are no fields.

    A part that is a field can be followed in the data; a missing field is the last part.
    """
    path: list[str] = []
    last = len(location) - 1
    for index, part in enumerate(location):
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        elif not (missing and index == last):
            continue
        path.append(part)
    return path
