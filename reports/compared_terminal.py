"""What ``cotrain compare`` prints: four answers, then the tables behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from reports.compared_tables import COMPARABLE, all_tables, names
from reports.compared_words import answers, remarks
from reports.comparison import Comparison
from reports.table import Table
from reports.terminal import ASCII, aligned, fitting, rich_table

FURTHEST = 5
"""Pairs that the terminal shows: those that are apart by more than their errors."""
STYLES = {"agree": "bold green", "the same": "bold green", "disagree": "bold red", "undecided": "bold yellow"}
"""How an answer looks; any other is bold."""
DISPENSABLE = (COMPARABLE, "metric", "margin", "adapters", "95 % interval", "in its group", "change")
"""Columns that a narrow terminal goes without, the least needed first."""


def title(comparison: Comparison) -> str:
    """``first and second, side by side``."""
    called = names(comparison)
    return f"{called.a} and {called.b}, side by side"


def shown_tables(comparison: Comparison) -> Iterator[Table]:
    """Tables that belong on a screen; the page has all of them."""
    found = all_tables(comparison)
    beyond = [row for row in found["pairs"].rows if str(row["beyond"]).startswith("yes")]
    found["pairs"] = replace(found["pairs"], rows=tuple(beyond[:FURTHEST]))
    for name in ("pairs", "groupings", "company", "per_task", "costs", "differing"):
        if found[name]:
            yield found[name]


@dataclass(frozen=True)
class ComparedSummary:
    """The comparison as a rich renderable that fits the console it is printed on."""

    comparison: Comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich when it is printed."""
        yield Text(title(self.comparison), style="bold")
        for remark in remarks(self.comparison):
            yield Text(remark)
        for answer in answers(self.comparison):
            yield Text()
            head = Text(f"{answer.question} ")
            head.append(answer.word, style=STYLES.get(answer.word, "bold"))
            yield head
            yield Text(answer.sentence)
        for table in shown_tables(self.comparison):
            yield Text()
            yield rich_table(fitting(table, options.max_width, gap=3, dispensable=DISPENSABLE))


def plain_comparison(comparison: Comparison) -> str:
    """The same as plain text, without colours or typographic signs; all columns; ends in a newline."""
    blocks = ["\n".join([title(comparison), *remarks(comparison)])]
    blocks += [f"{of.question} {of.word}\n{of.sentence}" for of in answers(comparison)]
    blocks += ["\n".join(aligned(table)) for table in shown_tables(comparison)]
    return "\n\n".join(blocks).translate(ASCII) + "\n"
