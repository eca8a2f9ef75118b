"""Is one operator the wrong one? After CuBERT's wrong binary operator."""

import ast
from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from tasks.mining.bugs import clean_and_broken
from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, copied, own_nodes
from tasks.mining.recipe import Recipe, Row

Operator = TypeVar("Operator", bound=ast.AST)

ARITHMETIC: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
MEMBERSHIP: tuple[type[ast.cmpop], ...] = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
BOOLEAN: tuple[type[ast.boolop], ...] = (ast.And, ast.Or)
"""An operator is replaced by another one of its group."""


def wrong_operator(node: AnyFunction, generator: np.random.Generator) -> AnyFunction | None:
    """A copy with one operator replaced inside its group; None if the function has no such operator."""
    broken = copied(node)
    places = [
        n
        for n in own_nodes(broken)
        if (isinstance(n, ast.BinOp) and isinstance(n.op, ARITHMETIC))
        or (isinstance(n, ast.Compare) and len(n.ops) == 1)
        or isinstance(n, ast.BoolOp)
    ]
    if not places:
        return None
    place = places[int(generator.integers(len(places)))]
    if isinstance(place, ast.BinOp):
        place.op = _another(place.op, ARITHMETIC, generator)
    elif isinstance(place, ast.BoolOp):
        place.op = _another(place.op, BOOLEAN, generator)
    else:
        group = COMPARISONS if isinstance(place.ops[0], COMPARISONS) else MEMBERSHIP
        place.ops = [_another(place.ops[0], group, generator)]
    return broken


def _another(operator: Operator, group: tuple[type[Operator], ...], generator: np.random.Generator) -> Operator:
    others = [kind for kind in group if not isinstance(operator, kind)]
    return others[int(generator.integers(len(others)))]()


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions with at least one operator; every second one is broken."""
    return clean_and_broken(corpus.walk(split, generator, longest=70), wrong_operator, generator)


RECIPE = Recipe(
    name="wrong_operator",
    description="Whether one operator was replaced by another of its group: arithmetic, comparison, membership, "
    "boolean. Balanced, 50 % broken; a function is shown once, either whole or broken.",
    fields={
        "text": "code",
        "label": "broken",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Is a wrong operator used somewhere in this Python function?",
    },
    examples=examples,
    classes=(0, 1),
)
