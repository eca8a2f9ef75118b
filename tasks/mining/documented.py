"""Did somebody write a docstring for this function?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.recipe import Recipe, Row, example


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions and methods; docstrings are never shown."""
    for function in corpus.walk(split, generator, longest=70):
        yield example(function, code=function.text, documented=int(bool(function.docstring)))


RECIPE = Recipe(
    name="documented",
    description="Whether a function has a docstring, which is not shown. Balanced, 50 % documented.",
    fields={
        "text": "code",
        "label": "documented",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Did this Python function have a docstring before it was taken out?",
    },
    examples=examples,
    classes=(0, 1),
)
