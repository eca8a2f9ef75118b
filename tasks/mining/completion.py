"""Find the code that a function's first half goes on with."""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import mask_name, pieces, signature, unparse
from tasks.mining.recipe import Recipe, Row, example

FEWEST_PIECES = 12


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions of at least two statements, cut where both sides are most alike in length."""
    for function in corpus.walk(split, generator, shortest=40, longest=140):
        statements = [unparse(statement) for statement in function.node.body]
        lengths = np.cumsum([pieces(text) for text in statements])
        cut = int(np.argmin(np.abs(lengths - lengths[-1] / 2))) + 1
        head, tail = "\n".join(statements[:cut]), mask_name("\n".join(statements[cut:]), function.name)
        if min(pieces(head), pieces(tail)) >= FEWEST_PIECES:
            indented = "\n".join("    " + line for line in head.splitlines())
            yield example(function, head=f"{signature(function.node)}\n{indented}", tail=tail)


RECIPE = Recipe(
    name="completion",
    description="Which second half continues the first half of a function. Every document answers one query.",
    fields={"query": "head", "document": "tail", "kind": "retrieval", "metric": "mrr"},
    examples=examples,
)
