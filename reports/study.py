"""The study's tables of one suite, for people: scores, pairs, and what each arrangement costs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.numbers import NONE, known, number, points, scaled, share
from reports.table import Column, Row, Table, plain

PAIR = "pair"


def study_tables(found: Mapping[str, Any]) -> list[Table]:
    """Tables of the object of ``reproduction.json``; those without rows are left out."""
    return [table for table in (_scores(found), _pairs(found), _costs(found)) if table]


def markdown(found: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    return "\n".join(line for table in study_tables(found) for line in (*_lines(table), ""))


def _lines(table: Table) -> Iterator[str]:
    yield table.caption
    yield ""
    for cells in (
        [column.label for column in table.columns],
        ["---:" if column.numeric else "---" for column in table.columns],
        *table.texts(),
    ):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _scores(found: Mapping[str, Any]) -> Table:
    """Every arrangement but pairs, task by task, the constant answers first."""
    tasks = found["tasks"]
    rows: list[Row] = [{"what": "constant answer", **{name: {"score": of["constant"]} for name, of in tasks.items()}}]
    for model in found["models"]:
        rows += [
            {
                "base": model["base_model"],
                "method": model["method"],
                "what": row["arrangement"] if row["failed"] is None else f"{row['arrangement']}: {row['failed']}",
                **row["tasks"],
            }
            for row in model["rows"]
            if row["arrangement"] != PAIR
        ]
    columns = (plain("base model", "base"), plain("method", "method"), plain("tasks are", "what"))
    own = tuple(Column(f"{name}, {of['metric']}", _cell(name), numeric=True) for name, of in tasks.items())
    seeds = found["seeds"]
    return Table(
        "study_scores",
        f"Test scores x 100 with half of their 95 % interval, which holds the noise of {seeds} runs and of the test "
        "examples; in brackets the share of written answers that are none of the words, which count as wrong.",
        (*columns, *own),
        tuple(rows),
    )


def _pairs(found: Mapping[str, Any]) -> Table:
    rows: list[Row] = []
    for model in found["models"]:
        for row in model["rows"]:
            if row["arrangement"] != PAIR:
                continue
            members = [
                {"member": name, **row["tasks"].get(name, {})} for name in row["group"] if row["failed"] is None
            ] or [{"member": row["failed"]}]
            rows += [
                {"base": model["base_model"], "method": model["method"], "pair": " + ".join(row["group"]), **of}
                for of in members
            ]
    columns = (
        plain("base model", "base"),
        plain("method", "method"),
        plain("pair", "pair"),
        plain("task", "member"),
        Column("score", lambda row: _score(row), numeric=True),
        Column("change in points against alone, 95 % interval", _change, numeric=True),
    )
    return Table("study_pairs", "Pairs, each on one adapter.", columns, tuple(rows))


def _costs(found: Mapping[str, Any]) -> Table:
    rows = [row for model in found["models"] for row in _cost_rows(found, model)]
    columns = (
        plain("base model", "base"),
        plain("method", "method"),
        plain("tasks are", "what"),
        plain("trained weights", "trainable", scaled, numeric=True),
        plain("of the method's singles", "of_alone", share, numeric=True),
        plain("of full singles", "of_full", share, numeric=True),
        plain("stored", "stored", lambda value: scaled(value, "B"), numeric=True),
        plain("tokens trained", "tokens", scaled, numeric=True),
        plain("training", "flops", lambda value: scaled(value, "FLOP"), numeric=True),
        plain("of full singles'", "flops_of_full", share, numeric=True),
        plain("seconds", "seconds", lambda value: number(value, 0), numeric=True),
        plain("serving holds", "loaded", lambda value: scaled(value, "B"), numeric=True),
        plain("passes per text", "passes", numeric=True),
    )
    return Table(
        "study_costs",
        "What one seed and serving cost; of prompting, the FLOP and seconds of answering the test split. A task alone "
        "trains until a whole budget of passes brings nothing; tuned, with every step size. Passes per text: over the "
        "base model, where one text is asked about for every task.",
        columns,
        tuple(rows),
    )


def _cost_rows(found: Mapping[str, Any], model: Mapping[str, Any]) -> list[Row]:
    """Rows of one model; of pairs, their mean."""
    pairs = [cost for cost in model["costs"] if cost["arrangement"] == PAIR]
    rows: list[Row] = []
    for cost in model["costs"]:
        if cost["arrangement"] != PAIR:
            rows.append(_cost(found, model, cost))
        elif cost is pairs[0]:
            each = [_cost(found, model, of) for of in pairs]
            mean = {key: _mean([of[key] for of in each]) for key in each[0] if key not in ("base", "method", "what")}
            rows.append({**each[0], **mean, "what": f"a pair, mean of {len(pairs)}", "passes": 1})
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def _cost(found: Mapping[str, Any], model: Mapping[str, Any], cost: Mapping[str, Any]) -> Row:
    training, serving = cost["training"], cost["serving"]
    full = _first(found, model["base_model"], "full", "alone")
    own = _first(found, model["base_model"], model["method"], "alone")
    spent = {**training, **cost.get("answers", {})}
    trains = cost["trainable"] > 0
    return {
        "base": model["base_model"],
        "method": model["method"],
        "what": cost["arrangement"],
        "trainable": cost["trainable"] if trains else None,
        "of_alone": _ratio(cost, own, "trainable") if trains else None,
        "of_full": _ratio(cost, full, "trainable") if trains else None,
        "stored": cost["stored_bytes"] if trains else None,
        "tokens": training["tokens_trained"] if trains else None,
        "flops": spent["flops"],
        "flops_of_full": _ratio(training, full and full["training"], "flops"),
        "seconds": spent["seconds"],
        "loaded": serving["loaded_bytes"],
        "passes": serving["passes_per_text"],
    }


def _cell(name: str) -> Any:
    return lambda row: _score(row.get(name) or {})


def _score(of: Mapping[str, Any]) -> str:
    """``77.3 ± 2.1``, and the share of unanswered ones."""
    if not known(of.get("score")):
        return NONE
    text = number(100 * of["score"], 1)
    if known(of.get("low")):
        text += f" ± {number(50 * (of['high'] - of['low']), 1)}"
    return text + (f" ({share(of['unanswered'])})" if known(of.get("unanswered")) else "")


def _change(row: Row) -> str:
    if not known(row.get("change")):
        return NONE
    return f"{points(row['change'])} ({points(row['change_low'])} to {points(row['change_high'])})"


def _first(found: Mapping[str, Any], base: str, method: str, arrangement: str) -> Mapping[str, Any] | None:
    """The cost of an arrangement, if it was trained."""
    every: Sequence[Mapping[str, Any]] = [
        cost
        for model in found["models"]
        if model["base_model"] == base and model["method"] == method
        for cost in model["costs"]
        if cost["arrangement"] == arrangement
    ]
    return every[0] if every else None


def _ratio(of: Mapping[str, Any], over: Mapping[str, Any] | None, key: str) -> float | None:
    return of[key] / over[key] if over and over[key] else None
