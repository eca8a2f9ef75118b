"""Find the function that a sentence describes."""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.docstring_mismatch import is_described
from tasks.mining.normalise import mask_name
from tasks.mining.recipe import Recipe, Row, example


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """First sentences of docstrings and the code below them, with the function's name masked in the code."""
    for function in corpus.walk(split, generator, longest=80):
        if is_described(function):
            code = mask_name(function.text, function.name)
            yield example(function, docstring=function.summary, code=code)


RECIPE = Recipe(
    name="code_search",
    description="Which function does a docstring's first sentence describe; the function's name is masked. Every "
    "document answers one query.",
    fields={"query": "docstring", "document": "code", "kind": "retrieval", "metric": "mrr"},
    examples=examples,
)
