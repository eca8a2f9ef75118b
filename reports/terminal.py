"""The last thing a run prints: the answer, its evidence and its cost, in one screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from reports import tables, words
from reports.account_words import account_sentence
from reports.apart_words import apart_summary
from reports.calibration_words import calibration_remark
from reports.form_tables import forms_sentences
from reports.proof_words import proof_sentences
from reports.records import Recommendation
from reports.smoke_words import labelled_verdict, smoke_sentence
from reports.stability_words import stability_sentence
from reports.table import Table
from reports.transfer_words import equal_sizes_sentences

STYLES = {"confirmed": "bold green", "refuted": "bold red", "undecided": "bold yellow"}
"""How a verdict looks; any other is plain."""
ASCII = str.maketrans(
    {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{PLUS-MINUS SIGN}": "+/-", "\N{NO-BREAK SPACE}": " "}
)
"""What plain text has instead of typographic signs."""
DISPENSABLE = (
    "detectable",
    "metric",
    "margin",
    "measured gain",
    "alone",
    "in its group",
    "group",
    "mean change",
    "the choice is ahead by",
    "the proposal is ahead by",
    "predicted gain",
)
"""Columns that a narrow terminal goes without, the least needed first."""


def _tables(recommendation: Recommendation) -> list[Table]:
    """The compact tables: tasks, then baselines if any were measured."""
    return [table for table in (tables.verdicts(recommendation), tables.baselines(recommendation)) if table]


def _notes(recommendation: Recommendation) -> tuple[str, ...]:
    """What is said of tasks that decide nothing, and of a limit; each may be empty."""
    return (
        words.learnable_sentence(recommendation),
        words.left_out_sentence(recommendation),
        words.stopped_sentence(recommendation),
    )


def _evidence(recommendation: Recommendation) -> tuple[str, ...]:
    """What the answer rests on and what it cost; any may be empty."""
    return (
        proof_sentences(recommendation),
        equal_sizes_sentences(recommendation),
        forms_sentences(recommendation),
        apart_summary(recommendation),
        stability_sentence(recommendation.stability),
        calibration_remark(recommendation.calibration),
        words.affinities_sentence(recommendation),
        words.cost_sentence(recommendation.cost),
        account_sentence(recommendation.cost.account),
    )


def _widths(table: Table) -> list[int]:
    """Characters of the widest cell of every column."""
    cells = [[column.label for column in table.columns], *table.texts()]
    return [max(len(row[i]) for row in cells) for i in range(len(table.columns))]


def fitting(table: Table, width: int, *, gap: int = 2, dispensable: Sequence[str] = DISPENSABLE) -> Table:
    """The table without its least needed columns, until it fits into ``width`` characters or none is left to drop."""
    for label in ("", *dispensable):
        table = table.only(*(column.label for column in table.columns if column.label != label))
        widths = _widths(table)
        if sum(widths) + gap * len(widths) <= width:
            break
    return table


def rich_table(table: Table) -> RichTable:
    """A table of texts; nothing in it is read as markup."""
    view = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, collapse_padding=True)
    for column in table.columns:
        view.add_column(Text(column.label), justify="right" if column.numeric else "left", overflow="fold")
    for number, cells in enumerate(table.texts()):
        view.add_row(
            *(Text(cell, style=STYLES.get(cell, "")) for cell in cells),
            style="bold" if number == table.emphasis else None,
        )
    return view


def summary_notes(recommendation: Recommendation) -> tuple[str, ...]:
    """Everything that is said below the tables."""
    return tuple(of for of in (*_notes(recommendation), *_evidence(recommendation)) if of)


@dataclass(frozen=True)
class Blocks:
    """Sentences and tables below each other, as a rich renderable that fits the console it is printed on."""

    blocks: Sequence[str | Table]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich when they are printed."""
        for block in self.blocks:
            yield Text(block) if isinstance(block, str) else rich_table(fitting(block, options.max_width, gap=3))


@dataclass(frozen=True)
class Summary:
    """The compact final summary, as a rich renderable that fits the console it is printed on."""

    recommendation: Recommendation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich when the summary is printed."""
        found = self.recommendation
        yield Text(words.recommendation_sentence(found), style="bold")
        yield Text(words.verdict_sentence(found), style=STYLES.get(labelled_verdict(found), "bold"))
        if found.smoke:
            yield Text(smoke_sentence(found))
        for table in _tables(found):
            yield Text()
            yield rich_table(fitting(table, options.max_width, gap=3))
        for note in summary_notes(found):
            yield Text(f"\n{note}")


def summary(recommendation: Recommendation) -> Summary:
    """The compact final summary for a terminal."""
    return Summary(recommendation)


def aligned(table: Table) -> list[str]:
    """Lines of a table in ASCII, columns padded to their widest cell."""
    cells = [[column.label for column in table.columns], *table.texts()]
    cells = [[cell.translate(ASCII) for cell in row] for row in cells]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if column.numeric else cell.ljust(width)
            for cell, width, column in zip(row, widths, table.columns, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return [line(cells[0]), "  ".join("-" * width for width in widths), *(line(row) for row in cells[1:])]


def plain_summary(recommendation: Recommendation) -> str:
    """The same as plain text, without colours or typographic signs; all columns; ends in a newline."""
    head = (
        words.recommendation_sentence(recommendation),
        words.verdict_sentence(recommendation),
        smoke_sentence(recommendation),
    )
    blocks = ["\n".join(filter(None, head)), *("\n".join(aligned(table)) for table in _tables(recommendation))]
    blocks += summary_notes(recommendation)
    return "\n\n".join(block for block in blocks if block).translate(ASCII) + "\n"
