"""Do two functions come from the same file?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.recipe import Recipe, Row, example


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Two functions of one file, or one each of two files that were drawn one after the other; none is used twice."""
    files: dict[str, list[Function]] = {}
    for function in corpus.walk(split, generator, longest=70):
        files.setdefault(function.file, []).append(function)
    # four functions of a file: a pair of its own, and one half each of two mixed pairs
    rounds = max((len(found) // 4 for found in files.values()), default=0)
    for step in range(rounds):
        ready = [found[4 * step : 4 * step + 4] for found in files.values() if len(found) >= 4 * step + 4]
        order = [ready[int(place)] for place in generator.permutation(len(ready))]
        for place, own in enumerate(order if len(order) > 1 else []):
            other = order[place - 1]
            yield example(own[0], left=own[0].text, right=own[1].text, same=1)
            yield example(own[2], left=own[2].text, right=other[3].text, same=0)


RECIPE = Recipe(
    name="same_file",
    description="Whether two functions come from the same file. Balanced, 50 % same.",
    fields={
        "text": ["left", "right"],
        "label": "same",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Do these two Python functions come from the same file?",
    },
    examples=examples,
    classes=(0, 1),
)
