"""Does this comment belong to the statement below it?"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.normalise import unparse
from tasks.mining.partners import exchanged
from tasks.mining.recipe import Recipe, Row, example

FEWEST_WORDS, MOST_WORDS = 4, 30
MOST_STATEMENT_LINES = 4
_CODE = re.compile(
    r"[=(){}\[\]]{2}|^\s*(?:if|for|def|return|print|import|self\.|raise)\b.*[:(=]|noqa|type:|pragma|XXX$"
)


@dataclass(frozen=True, eq=False)
class Commented:
    """A statement with the comment directly above it."""

    function: Function
    comment: str
    statement: str

    @property
    def file(self) -> str:
        """Name of the source file."""
        return self.function.file


def commented(function: Function, lines: tuple[str, ...]) -> Iterator[Commented]:
    """Statements of ``function`` that have whole comment lines above them, at their own indentation.

    Args:
        lines: Text lines of the function's file.
    """
    first, last = function.lines
    if not any(line.lstrip().startswith("#") for line in lines[first:last]):
        return
    for node in ast.walk(function.node):
        if isinstance(node, ast.stmt) and first < node.lineno:
            above: list[str] = []
            line = node.lineno - 2  # the line above, counted from 0
            start = " " * node.col_offset + "#"
            while line >= first and lines[line].startswith(start):
                above.insert(0, lines[line].strip().lstrip("#").strip())
                line -= 1
            comment = " ".join(" ".join(above).split())
            if FEWEST_WORDS <= len(comment.split()) <= MOST_WORDS and not _CODE.search(comment):
                statement = "\n".join(unparse(node).splitlines()[:MOST_STATEMENT_LINES])
                yield Commented(function, comment, statement)


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Half the comments keep their statement; the others exchange, inside their file where that is possible."""
    found = [
        pair
        for function in corpus.walk(split, generator, longest=100_000)
        for pair in commented(function, corpus.lines[function.file])
    ]
    for pair, donor in exchanged(found, generator):
        mismatch = int(donor is not pair)
        yield example(pair.function, comment=donor.comment, statement=pair.statement, mismatch=mismatch)


RECIPE = Recipe(
    name="comment_mismatch",
    description="Whether the comment above a statement was written for another statement, most often one of the same "
    "file. Balanced, 50 % mismatched.",
    fields={
        "text": ["comment", "statement"],
        "label": "mismatch",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Was this comment written for another statement than this one?",
    },
    examples=examples,
    classes=(0, 1),
)
