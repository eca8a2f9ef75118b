"""What a built-in task is made of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.mining.corpus import Corpus, Function

SPLITS = ("train", "validation", "test")
"""The three files of a mined task."""

Row = dict[str, str | int | float | list[int]]
"""One example: a JSON object with the columns ``file`` and ``function`` and those that the recipe's fields name."""


@dataclass(frozen=True)
class Sizes:
    """Most examples per split."""

    train: int = 240
    """Examples to fit on."""
    validation: int = 320
    """Examples that are divided into the stop and the select half."""
    test: int = 600
    """Examples that are opened once per verdict."""

    def __post_init__(self) -> None:
        for split in SPLITS:
            if getattr(self, split) < 1:
                raise ValueError(f"Expected `{split}` of 1 or more, but got {getattr(self, split)}.")

    def of(self, split: str) -> int:
        """The size of one split."""
        return int(getattr(self, split))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one task is made from a corpus of functions."""

    name: str
    """The task's name in a suite."""
    description: str
    """What is asked, and how classes are balanced."""
    fields: Mapping[str, Any]
    """The task's entry in a suite file without its data: texts, label, kind, metric."""
    examples: Callable[[Corpus, str, np.random.Generator], Iterator[Row]]
    """All candidate rows of one split in random order; as many as are needed are drawn from the front."""
    classes: tuple[str | int, ...] | int = ()
    """Labels, drawn in equal numbers; a number takes so many of the most frequent ones; empty draws as it comes."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns that hold texts."""
        pair = [self.fields[field] for field in ("query", "document", "prompt", "completion") if field in self.fields]
        text = self.fields.get("text", pair)
        return (text,) if isinstance(text, str) else tuple(text)

    @property
    def label(self) -> str:
        """Column of the class, number or classes; empty for multilabel, retrieval and completions."""
        label = self.fields.get("label", "")
        return label if isinstance(label, str) else ""


def example(function: Function, **columns: str | int | float | list[int]) -> Row:
    """A row about ``function``."""
    return {"file": function.file, "function": function.qualified, **columns}
