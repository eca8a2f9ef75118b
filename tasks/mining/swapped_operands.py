"""Are two operands the wrong way round? After CuBERT's swapped operands."""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.bugs import clean_and_broken
from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, copied, own_nodes
from tasks.mining.recipe import Recipe, Row

ARITHMETIC = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)
"""Operators whose operands do not commute."""


def swap(node: AnyFunction, generator: np.random.Generator) -> AnyFunction | None:
    """A copy with the operands of one operator exchanged; None if the function has no operator that minds."""
    broken = copied(node)
    places = [
        n
        for n in own_nodes(broken)
        if (isinstance(n, ast.BinOp) and isinstance(n.op, ARITHMETIC))
        or (isinstance(n, ast.Compare) and len(n.ops) == 1 and isinstance(n.ops[0], COMPARISONS))
    ]
    if not places:
        return None
    place = places[int(generator.integers(len(places)))]
    if isinstance(place, ast.BinOp):
        place.left, place.right = place.right, place.left
    else:
        place.left, place.comparators = place.comparators[0], [place.left]
    return broken


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions with an operator that does not commute; every second one is broken."""
    return clean_and_broken(corpus.walk(split, generator, longest=70), swap, generator)


RECIPE = Recipe(
    name="swapped_operands",
    description="Whether the operands of one operator that does not commute were exchanged. Balanced, 50 % broken; a "
    "function is shown once, either whole or broken.",
    fields={
        "text": "code",
        "label": "broken",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Are the operands of an operator exchanged somewhere in this Python function?",
    },
    examples=examples,
    classes=(0, 1),
)
