"""JSON lines and JSON arrays of objects."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tasks.errors import InputError
from tasks.tables.sizes import LONGEST_LINE
from tasks.tables.table import Table
from tasks.tables.text_file import read_text


class _RepeatedKeyError(ValueError):
    """An object names one key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _RepeatedKeyError(f"column `{repeated}` occurs twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def read_jsonl(path: Path, name: str) -> Table:
    """One object per line; blank lines are skipped, and a key that a line lacks is a missing value.

    Raises:
        InputError: If a line is not JSON or not an object.
    """
    records: list[dict[str, Any]] = []
    numbers: list[int] = []
    # splitlines() would also break at form feeds and U+2028, which JSON strings may hold
    for number, line in enumerate(read_text(path, name).split("\n"), start=1):
        stripped = line.strip()
        if not stripped:
            continue
        place = f"{name}:{number}"
        if len(stripped) > LONGEST_LINE:
            raise InputError(f"has more than {LONGEST_LINE:,} characters; shorten its texts", place=place)
        record = _decode(stripped, place)
        if not isinstance(record, dict):
            raise InputError(f"found {_json_type(record)}, expected one object per line", place=place)
        records.append(record)
        numbers.append(number)
    return _table(name, records, numbers, "line")


def read_json(path: Path, name: str) -> Table:
    """An array of objects; a file of JSON lines is read as such.

    Raises:
        InputError: If the file is not JSON, no array, or an element is not an object.
    """
    text = read_text(path, name)
    first, _, rest = text.strip().partition("\n")
    if first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{"):
        return read_jsonl(path, name)
    found = _decode(text.strip(), name)
    if not isinstance(found, list):
        raise InputError(f"found {_json_type(found)}, expected an array of objects, one per example", place=name)
    for number, record in enumerate(found, start=1):
        if not isinstance(record, dict):
            raise InputError(f"found {_json_type(record)}, expected an object", place=f"{name} row {number}")
    return _table(name, found, list(range(1, len(found) + 1)), "row")


def _decode(text: str, place: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        at = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno} column {error.colno}"
        raise InputError(f"invalid JSON ({error.msg} at {at})", place=place) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"invalid JSON ({error})", place=place) from error


def _table(name: str, records: list[dict[str, Any]], numbers: list[int], unit: str) -> Table:
    columns = tuple(dict.fromkeys(key for record in records for key in record))

    def read(column: str) -> list[object]:
        return [record.get(column) for record in records]

    return Table(name, columns, np.asarray(numbers, dtype=np.int64), unit, read)


def _json_type(value: object) -> str:
    names = {list: "an array", dict: "an object", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
