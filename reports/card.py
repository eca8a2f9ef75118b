"""The card of an exported adapter: what it does, how well by its intervals, how it loads, and what cannot serve it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.lettering import printable
from reports.numbers import interval, number, points
from reports.records import Outcome


@dataclass(frozen=True)
class CardInfo:
    """What a card says.

    Args:
        title: Task or group.
        base_model: Name of the base model.
        library: What reads it, as model hubs name it.
        method: Its settings.
        group: Tasks that trained the adapter together.
        outcomes: Of the tasks that this folder serves, by name.
        verdict: Of the grouping.
        fingerprints: SHA-256 of the tasks' data, by name.
        snippet: Python that loads it.
        served: What it runs on beyond that, and what it does not, in sentences.
    """

    title: str
    base_model: str
    library: str
    method: Mapping[str, object]
    group: Sequence[str]
    outcomes: Mapping[str, Outcome]
    verdict: str
    fingerprints: Mapping[str, str]
    snippet: str
    served: Sequence[str]


def card(info: CardInfo) -> str:
    """Markdown with the front matter that model hubs read; text from data is kept to printable characters."""
    lines = [
        "---",
        f"base_model: {_quoted(info.base_model)}",
        f"library_name: {info.library}",
        "tags: [cotrain, multi-task, code]",
        "---",
        "",
        f"# {_plain(info.title)}",
        "",
        f"Trained by cotrain: one adapter ({_settings(info.method)}) on {_plain(info.base_model)}, "
        f"{'shared by ' if len(info.group) > 1 else 'of '}{', '.join(map(_plain, info.group))}"
        f"{'' if len(info.group) > 1 else ' alone'}. The grouping's verdict on test data is *{info.verdict}*.",
        "",
        "| task | metric | alone | in this group | change in points, 95 % interval | margin | verdict |",
        "|---|---|---|---|---|---|---|",
        *(_row(name, of) for name, of in info.outcomes.items()),
        "",
        "Scores are means over runs with different seeds; the weights here are those of the first. A verdict holds for "
        "the data it was measured on:",
        "",
        *(f"- {_plain(name)}: data sha256 `{digest}`" for name, digest in info.fingerprints.items()),
        "",
        "```python",
        info.snippet.rstrip(),
        "```",
        "",
        *(f"{sentence}\n" for sentence in info.served),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _row(name: str, of: Outcome) -> str:
    change = f"{points(of.delta)} ({interval(of.low, of.high)})"
    cells = [_plain(name), of.metric, number(of.single), number(of.grouped), change, number(of.margin, 1), of.verdict]
    return f"| {' | '.join(cells)} |"


def _settings(method: Mapping[str, object]) -> str:
    more = [f"{key} {value}" for key, value in method.items() if key != "name" and value is not None]
    return ", ".join([str(method["name"]), *more])


def _plain(text: str) -> str:
    return printable(text).replace("|", "/").replace("\n", " ")


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
