"""What does this function do, in a sentence? For causal language models."""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.docstring_mismatch import is_described
from tasks.mining.recipe import Recipe, Row, example


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions with a docstring; its first sentence is to be written after the code."""
    for function in corpus.walk(split, generator, longest=70):
        if is_described(function):
            yield example(function, prompt=f"{function.text}\n# In a sentence:", completion=f" {function.summary}")


RECIPE = Recipe(
    name="docstring_writer",
    description="The first sentence of a function's docstring, to be written after its code. Needs a causal language "
    "model.",
    fields={"prompt": "prompt", "completion": "completion", "kind": "text", "metric": "token_accuracy"},
    examples=examples,
)
