"""Which exception is raised or caught here? After CuBERT's exception type, which asks for caught ones."""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, mask, signature, unparse
from tasks.mining.recipe import Recipe, Row, example

_ENDINGS = ("Error", "Exception", "Exit", "Interrupt", "Iteration")
_BLOCK_PARTS = (ast.stmt, ast.ExceptHandler, ast.match_case)
MOST_LINES = 3
"""Lines that are shown of a guarded block."""


def exception_name(value: ast.expr | None) -> str | None:
    """The type's name if ``value`` is an exception's type or a call of it by its plain name."""
    value = value.func if isinstance(value, ast.Call) else value
    return value.id if isinstance(value, ast.Name) and value.id.endswith(_ENDINGS) else None


def occurrences(node: AnyFunction) -> Iterator[tuple[str, str]]:
    """Raised and caught types by name, each with the code that tells: in the order of the text.

    A raise is shown below the signature and the first line of the innermost block around it; a handler below the
    signature and the block that it guards.
    """
    stack: list[tuple[ast.AST, ast.AST]] = [(node, node)]
    while stack:
        current, around = stack.pop()
        if isinstance(current, ast.Raise) and (name := exception_name(current.exc)) is not None:
            yield name, _raise(node, around, current)
        if isinstance(current, ast.ExceptHandler) and (name := exception_name(current.type)) is not None:
            assert isinstance(around, ast.Try)
            yield name, _handler(node, around, current)
        children = reversed(list(ast.iter_child_nodes(current)))
        stack += [(child, current) for child in children if isinstance(child, _BLOCK_PARTS)]


def _raise(node: AnyFunction, around: ast.AST, statement: ast.Raise) -> str:
    lines = [signature(node)]
    if around is not node:
        lines.append("    " + unparse(around).strip().splitlines()[0])
    return "\n".join([*lines, "    " * len(lines) + unparse(statement)])


def _handler(node: AnyFunction, around: ast.Try, handler: ast.ExceptHandler) -> str:
    guarded = "\n".join(unparse(statement) for statement in around.body).splitlines()[:MOST_LINES]
    head, first = unparse(handler).strip().splitlines()[:2]
    block = ["try:", *("    " + line for line in guarded), head, first]
    return "\n".join([signature(node), *("    " + line for line in block)])


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Every raise and handler of a single named type; the name is masked wherever it occurs in the text."""
    for function in corpus.walk(split, generator, longest=400):
        for name, text in occurrences(function.node):
            yield example(function, code=mask(text, [name]), exception=name)


RECIPE = Recipe(
    name="exception_type",
    description="Which exception is raised or caught, of the most frequent types; its name is masked, the message and "
    "the condition, or the guarded block, are shown. Balanced.",
    fields={
        "text": "code",
        "label": "exception",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "Which exception was masked in this Python code?",
    },
    examples=examples,
    classes=5,
)
