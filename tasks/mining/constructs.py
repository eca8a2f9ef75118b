"""Which constructs does a function's body use?"""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction
from tasks.mining.recipe import Recipe, Row, example
from tasks.mining.rounds import in_turn

CONSTRUCTS: dict[str, tuple[type[ast.AST], ...]] = {
    "branches": (ast.If, ast.IfExp, ast.Match),
    "loops": (ast.For, ast.AsyncFor, ast.While),
    "comprehends": (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    "guards": (ast.Try, ast.TryStar, ast.With, ast.AsyncWith),
    "raises": (ast.Raise, ast.Assert),
    "yields": (ast.Yield, ast.YieldFrom, ast.Await),
}
"""Syntax nodes that make each label true."""


def used(node: AnyFunction) -> dict[str, int]:
    """1 for every construct that occurs in the function, 0 for the others."""
    found = {type(inner) for inner in ast.walk(node)}
    return {label: int(any(kind in found for kind in kinds)) for label, kinds in CONSTRUCTS.items()}


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions in rounds over the labels: every label is as often the one that a function was drawn for."""
    rows = (
        (example(function, code=function.text, **labels), labels)
        for function in corpus.walk(split, generator, shortest=25, longest=70)
        for labels in [used(function.node)]
    )
    return in_turn(rows, tuple(CONSTRUCTS))


RECIPE = Recipe(
    name="constructs",
    description="Which of six constructs a function uses: branches, loops, comprehensions, try or with, raise or "
    "assert, yield or await. Drawn in turn for each label; every function has at least one.",
    fields={
        "text": "code",
        "label": list(CONSTRUCTS),
        "kind": "multilabel",
        "metric": "macro_f1",
        "instruction": "Look at what this Python function uses.",
        "words": {
            "branches": "it branches with if or match",
            "loops": "it has a for or while loop",
            "comprehends": "it has a comprehension or generator expression",
            "guards": "it has a try or with block",
            "raises": "it raises or asserts",
            "yields": "it yields or awaits",
        },
    },
    examples=examples,
)
