"""Suites and data files as nobody would write them, and nearly as somebody would."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

ROWS = 60
"""Of a file that is right."""
SUITE: dict[str, Any] = {
    "base_model": "model",
    "method": {"name": "lora", "r": 2, "layers": "top-1"},
    "tasks": {
        "defect": {"data": "defect.csv", "text": "code", "label": "target", "metric": "accuracy", "margin": 1.0},
        "clone": {"data": "clone.jsonl", "text": ["left", "right"], "label": "same", "group_by": "project"},
        "size": {"data": "size.json", "text": "code", "label": "lines", "kind": "regression"},
        "find": {"kind": "retrieval", "data": "find.tsv", "query": "query", "document": "document"},
        "tags": {"data": "tags.jsonl", "text": "code", "label": ["a", "b"]},
    },
    "budget": {"passes": 1, "seeds": 2, "models": 3},
    "grouping": {"objective": "best_gain", "max_adapters": 3},
    "max_length": 32,
    "seed": 7,
}
"""A suite that is right."""

ODD_TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "", " ", "\x00", "\ufeff", "\u202e", "\U0001f600", "a\u0301", "nan", "NaN", "inf", "-inf", "null", "None",
            "true", "1e400", "-1e400", "9" * 400, "0x10", "1_000", "1,5", "٣", "../../etc/passwd", "/dev/zero", "\n",
            "a\nb", '"', "'", "\\", "<script>alert(1)</script>", "{{ 7 * 7 }}", "=1+1", "x" * 5000, "a+b", "a,b", "-",
        ]
    ),
)  # fmt: skip
ODD_NUMBER = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**400, 1e308, 5e-324, float("nan"), float("inf")]),
)
ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), ODD_NUMBER, ODD_TEXT),
    lambda of: st.one_of(st.lists(of, max_size=3), st.dictionaries(ODD_TEXT, of, max_size=3)),
    max_leaves=6,
)
"""A value that is none of those expected."""


def _places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [before] if before else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, of in inside:
        found += _places(of, (*before, key))
    return found


def _changed(value: Any, place: Sequence[Any], new: Any, how: str) -> Any:
    """A copy with another value, another name, or nothing at one place."""
    copied = json.loads(json.dumps(value))
    at = copied
    for key in place[:-1]:
        at = at[key]
    key = place[-1]
    if how == "drop":
        del at[key]
    elif how == "rename" and isinstance(at, dict) and isinstance(new, str):
        at[new] = at.pop(key)
    elif how == "add" and isinstance(at, dict) and isinstance(new, str):
        at[new] = 1
    else:
        at[key] = new
    return copied


@st.composite
def suites(draw: st.DrawFn) -> bytes:
    """A suite file: one that is right with up to three changes, or bytes that are none."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.one_of(st.binary(max_size=200), ODD_TEXT.map(lambda of: of.encode("utf-8", "surrogatepass"))))
    suite: Any = SUITE
    for _ in range(draw(st.integers(0, 3))):
        if not isinstance(suite, dict) or not suite:
            break
        place = draw(st.sampled_from(_places(suite)))
        how = draw(st.sampled_from(["set", "set", "set", "drop", "rename", "add"]))
        try:
            suite = _changed(suite, place, draw(ODD), how)
            suite = json.loads(json.dumps(suite))
        except (TypeError, ValueError, KeyError, IndexError):
            continue
    try:
        text = yaml.safe_dump(suite, allow_unicode=draw(st.booleans()))
    except (yaml.YAMLError, UnicodeError):
        text = json.dumps(suite)
    return text.encode("utf-8", "surrogatepass")


def rows_of(name: str) -> list[dict[str, Any]]:
    """Rows of the task's file as they should be."""
    return {
        "defect.csv": [{"code": f"int f{i}()", "target": i % 2} for i in range(ROWS)],
        "clone.jsonl": [
            {"left": f"a{i}", "right": f"b{i}", "same": i % 2, "project": f"p{i % 20}"} for i in range(ROWS)
        ],
        "size.json": [{"code": f"x = {i}", "lines": i * 0.5} for i in range(ROWS)],
        "find.tsv": [{"query": f"how {i}", "document": f"so {i}"} for i in range(ROWS)],
        "tags.jsonl": [{"code": f"y{i}", "a": i % 2, "b": i % 3 == 0} for i in range(ROWS)],
    }[name]


NAMES = ("defect.csv", "clone.jsonl", "size.json", "find.tsv", "tags.jsonl")


def written(name: str, rows: Sequence[Any]) -> bytes:
    """Rows as the kind of file that the name says."""
    if name.endswith(".jsonl"):
        return "".join(json.dumps(row) + "\n" for row in rows).encode("utf-8", "surrogatepass")
    if name.endswith(".json"):
        return json.dumps(list(rows)).encode("utf-8", "surrogatepass")
    out = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    writer = csv.writer(out, delimiter="\t" if name.endswith(".tsv") else ",")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(key, "") for key in columns] if isinstance(row, dict) else [row])
    return out.getvalue().encode("utf-8", "surrogatepass")


@st.composite
def data_files(draw: st.DrawFn, name: str) -> bytes:
    """A data file: rows that are right with up to four changes, and perhaps a byte that is none of a text."""
    rows: list[Any] = rows_of(name)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(rows) - 1)) if rows else 0
        how = draw(st.sampled_from(["cell", "cell", "cell", "row", "drop", "twice", "column"]))
        if not rows or how == "row":
            rows = [*rows[:place], draw(ODD), *rows[place:]]
        elif how == "drop":
            rows = rows[: draw(st.integers(0, len(rows)))]
        elif how == "twice":
            rows = [*rows, rows[place]]
        elif isinstance(rows[place], dict) and rows[place]:
            key = draw(st.sampled_from(sorted(map(str, rows[place]))))
            new = {draw(ODD_TEXT) if how == "column" else key: draw(ODD)}
            rows = [*rows[:place], {**rows[place], **new}, *rows[place + 1 :]]
    content = written(name, rows)
    if content and draw(st.integers(0, 5)) == 0:
        place = draw(st.integers(0, len(content) - 1))
        return content[:place] + draw(st.binary(max_size=4)) + content[place + draw(st.integers(0, 40)) :]
    if draw(st.integers(0, 15)) == 0:
        return content.decode("utf-8", "surrogatepass").encode(
            draw(st.sampled_from(["utf-16", "utf-8-sig"])), "replace"
        )
    return content
