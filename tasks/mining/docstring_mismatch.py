"""Does this docstring belong to this function? After CuBERT's function-docstring mismatch."""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.partners import exchanged
from tasks.mining.recipe import Recipe, Row, example

FEWEST_WORDS, MOST_WORDS = 4, 30


def is_described(function: Function) -> bool:
    """Whether the docstring's first sentence says something in words."""
    words = function.summary.split()
    return FEWEST_WORDS <= len(words) <= MOST_WORDS and not function.summary.startswith((">>>", "@", ":"))


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Half the functions keep their docstring; the others exchange theirs, inside their file where that is possible."""
    functions = [f for f in corpus.walk(split, generator, longest=80) if is_described(f)]
    for function, donor in exchanged(functions, generator):
        text = donor.summary
        yield example(function, docstring=text, code=function.text, mismatch=int(donor is not function))


RECIPE = Recipe(
    name="docstring_mismatch",
    description="Whether a docstring's first sentence was written for another function, most often one of the same "
    "file. Balanced, 50 % mismatched.",
    fields={
        "text": ["docstring", "code"],
        "label": "mismatch",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Was this docstring written for another function than this one?",
    },
    examples=examples,
    classes=(0, 1),
)
