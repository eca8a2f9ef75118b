"""What is a string literal for?"""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.recipe import Recipe, Row, example

_OUTPUT = frozenset({"print", "write", "debug", "info", "warning", "error", "critical", "log", "warn"})
_LOOKUPS = frozenset({"get", "getattr", "setattr", "hasattr", "setdefault", "pop", "add_header", "get_option"})


def roles(function: Function) -> Iterator[tuple[str, str]]:
    """String literals of the function with their role, by the nearest surrounding syntax that tells.

    ``message`` of an exception, ``output`` for people, ``key`` of a look-up, ``compared`` with a value, ``template`` to
    be formatted. Patterns of :mod:`re` are too rare and have none.
    """
    stack: list[tuple[ast.AST, str | None]] = [(function.node, None)]
    while stack:
        node, role = stack.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if role is not None:
                yield node.value, role
            continue
        stack += [(child, _role(node, child, role)) for child in ast.iter_child_nodes(node)]


def _role(node: ast.AST, child: ast.AST, outer: str | None) -> str | None:
    match node:
        case ast.Raise():
            return "message"
        case ast.Subscript(slice=inner) if inner is child:
            return "key"
        case ast.Dict(keys=keys) if any(key is child for key in keys):
            return "key"
        case ast.Compare():
            return "compared"
        case ast.Call(func=called) if called is not child:
            name = (
                called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
            )
            module = called.value if isinstance(called, ast.Attribute) else None
            if isinstance(module, ast.Name) and module.id == "re":
                return None
            if name in _LOOKUPS:
                return "key"
            return "output" if name in _OUTPUT and outer is None else outer
        case ast.BinOp(op=ast.Mod(), left=left) if left is child:
            return outer or "template"
        case ast.BinOp() | ast.JoinedStr() | ast.FormattedValue() | ast.IfExp() | ast.BoolOp() | ast.Tuple():
            return outer
        case ast.Attribute(attr="format"):
            return outer or "template"
        case ast.stmt():
            return None
        case _:
            return outer


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """One literal of four signs or more for each role in a function, blanks joined; its first role counts."""
    for function in corpus.walk(split, generator, longest=400):
        literals = {role: " ".join(value.split()) for value, role in roles(function) if len(value.strip()) >= 4}
        for role, text in literals.items():
            if text.isprintable():
                yield example(function, literal=text[:300], role=role)


RECIPE = Recipe(
    name="string_role",
    description="What a string literal is for: message of an exception, output, key, comparison or template; only "
    "the literal is shown. Balanced.",
    fields={
        "text": "literal",
        "label": "role",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "What is this string literal for: is it compared with a value, a key of a look-up, the message "
        "of an exception, output for people, or a template to be formatted?",
    },
    examples=examples,
    classes=("compared", "key", "message", "output", "template"),
)
