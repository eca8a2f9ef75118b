"""Which line is broken? The planted bugs of the other tasks, to be located."""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import unparse
from tasks.mining.recipe import Recipe, Row, example
from tasks.mining.variable_misuse import misuse
from tasks.mining.wrong_operator import wrong_operator

BREAKS = (misuse, wrong_operator)


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Broken functions of three lines or more, by one wrong variable or operator; the line that differs has label 1."""
    for function in corpus.walk(split, generator, longest=70):
        broken = BREAKS[int(generator.integers(len(BREAKS)))](function.node, generator)
        if broken is None:
            continue
        shown = unparse(broken)
        whole, lines = function.text.split("\n"), shown.split("\n")
        if len(lines) < 3 or len(lines) != len(whole):
            continue
        differs = [int(ours != theirs) for ours, theirs in zip(lines, whole, strict=True)]
        if sum(differs) == 1:
            yield example(function, code=shown, broken=differs)


RECIPE = Recipe(
    name="bug_line",
    description="Which line of a function has one wrong variable or operator, planted there. One line of each function "
    "is labelled 1, all others 0.",
    fields={"text": "code", "label": "broken", "kind": "tokens", "metric": "f1"},
    examples=examples,
)
