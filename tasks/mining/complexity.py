"""How many paths does the function have?"""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, own_nodes
from tasks.mining.recipe import Recipe, Row, example

_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert, ast.match_case)


def cyclomatic(node: AnyFunction) -> int:
    """McCabe's number: 1 plus one for every decision, ``and`` and ``or`` counted, nested functions not.

    Source: McCabe, A Complexity Measure, IEEE TSE 1976.
    """
    paths = 1
    for inner in own_nodes(node):
        if isinstance(inner, ast.BoolOp):
            paths += len(inner.values) - 1
        elif isinstance(inner, ast.comprehension):
            paths += 1 + len(inner.ifs)
        elif isinstance(inner, _BRANCHES):
            paths += 1
    return paths


def level(paths: int) -> str:
    """``straight`` for one path, ``simple`` for two or three, ``branched`` for more."""
    return "straight" if paths == 1 else "simple" if paths <= 3 else "branched"


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions of middle length, so that no class is known by its length alone."""
    for function in corpus.walk(split, generator, shortest=25, longest=80):
        yield example(function, code=function.text, paths=level(cyclomatic(function.node)))


RECIPE = Recipe(
    name="complexity",
    description="Cyclomatic complexity of a function: one path, two or three, or more. Balanced over the three.",
    fields={
        "text": "code",
        "label": "paths",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "How many paths lead through this Python function: one (straight), two or three (simple), "
        "or more (branched)?",
    },
    examples=examples,
    classes=("straight", "simple", "branched"),
)
