"""Is this method a property?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.normalise import parameters
from tasks.mining.partners import matched
from tasks.mining.recipe import Recipe, Row, example

_READ = frozenset({"property", "cached_property", "functools.cached_property", "abc.abstractproperty"})


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Methods that take nothing but ``self`` and are no special methods, of like length; decorators are not shown."""
    properties: list[Function] = []
    others: list[Function] = []
    for function in corpus.walk(split, generator, shortest=10, longest=80):
        takes = [argument.arg for argument in parameters(function.node)]
        if function.owner and takes == ["self"] and not function.name.startswith("__"):
            if _READ & set(function.decorators):
                properties.append(function)
            elif not function.decorators:
                others.append(function)
    read = set(properties)
    for function in matched(properties, others, lambda function: function.pieces):
        yield example(function, code=function.text, is_property=int(function in read))


RECIPE = Recipe(
    name="accessor",
    description="Whether a method without arguments is a property; decorators are not shown, lengths are alike. "
    "Balanced, 50 % properties.",
    fields={
        "text": "code",
        "label": "is_property",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Is this Python method a property?",
    },
    examples=examples,
    classes=(0, 1),
)
