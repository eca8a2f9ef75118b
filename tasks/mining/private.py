"""Is this function private?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import mask_name
from tasks.mining.recipe import Recipe, Row, example


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions and methods; the name is shown without its underscores."""
    for function in corpus.walk(split, generator, longest=70):
        core = function.name.strip("_")
        if core and not function.name.endswith("_"):
            text = mask_name(function.text, function.name).replace("[MASK]", core)
            yield example(function, code=text, private=int(function.name.startswith("_")))


RECIPE = Recipe(
    name="private",
    description="Whether a function's name begins with an underscore, which is not shown. Balanced, 50 % private.",
    fields={
        "text": "code",
        "label": "private",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Does the masked name of this Python function begin with an underscore?",
    },
    examples=examples,
    classes=(0, 1),
)
