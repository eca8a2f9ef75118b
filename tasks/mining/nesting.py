"""How deeply are the function's blocks nested?"""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.recipe import Recipe, Row, example

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_BLOCKS_AND_SCOPES = (*_BLOCKS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def depth(node: ast.AST) -> int:
    """Most blocks around any statement of the function; 0 for a body without blocks, an ``elif`` counts as one more."""
    inner = max((depth(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.AST)), default=0)
    return inner + 1 if isinstance(node, _BLOCKS_AND_SCOPES) else inner


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions in rounds over the depths 0 to 3; deeper ones count as 3."""
    waiting: dict[int, list[Row]] = {level: [] for level in range(4)}
    for function in corpus.walk(split, generator, shortest=25, longest=70):
        level = min(depth(function.node) - 1, 3)
        waiting[level].append(example(function, code=function.text, depth=level))
    for step in range(max(map(len, waiting.values()))):
        yield from (rows[step] for rows in waiting.values() if step < len(rows))


RECIPE = Recipe(
    name="nesting",
    description="How deeply blocks are nested in a function, 0 to 3. Balanced over the four depths as far as there are "
    "examples.",
    fields={"text": "code", "label": "depth", "kind": "regression", "metric": "r2"},
    examples=examples,
)
