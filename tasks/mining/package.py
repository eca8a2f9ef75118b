"""Which package does the function come from?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import mask
from tasks.mining.recipe import Recipe, Row, example


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions of packages, the package's own name masked."""
    for function in corpus.walk(split, generator, longest=75):
        if function.package:
            yield example(function, code=mask(function.text, [function.package]), package=function.package)


RECIPE = Recipe(
    name="package",
    description="Which top-level package a function comes from, of the largest ones; the package's name is masked. "
    "Balanced.",
    fields={
        "text": "code",
        "label": "package",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "Which package does this Python function come from?",
    },
    examples=examples,
    classes=8,
)
