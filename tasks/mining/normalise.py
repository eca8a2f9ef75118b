"""The form in which code is shown to a model: no docstrings, no comments, no decorators, names masked."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TypeGuard, TypeVar

MASK = "[MASK]"
"""Stands for what a task asks for. A special token of BERT's vocabulary, plain text for other tokenizers."""

HOLE = "MASK__"
"""An identifier that takes the place of a syntax node until the code is text; see :func:`unparse`."""

Tree = TypeVar("Tree", bound=ast.AST)
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda

_IDENTIFIER = re.compile(r"\w+")
_WORD_OR_SIGN = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]")


def pieces(text: str) -> int:
    """About how many word pieces ``text`` has: runs of letters, runs of digits and every sign by itself."""
    return len(_WORD_OR_SIGN.findall(text))


def mask(text: str, names: Iterable[str]) -> str:
    """``text`` with every whole identifier among ``names``, in strings too, replaced by :data:`MASK`."""
    hidden = set(names)
    return _IDENTIFIER.sub(lambda found: MASK if found.group() in hidden else found.group(), text)


def mask_name(text: str, name: str) -> str:
    """``text`` without ``name``, whatever number of underscores stands in front of or behind it."""
    core = name.strip("_")
    return _IDENTIFIER.sub(lambda found: MASK if found.group().strip("_") == core else found.group(), text)


def unparse(node: ast.AST) -> str:
    """Code of ``node`` in the interpreter's own layout, with every :data:`HOLE` shown as :data:`MASK`."""
    return ast.unparse(node).replace(HOLE, MASK)


def copied(node: Tree) -> Tree:
    """A copy of a syntax tree that may be changed; several times faster than :func:`copy.deepcopy`."""
    return type(node)(**{name: _copied_value(value) for name, value in vars(node).items()})


def _copied_value(value: object) -> object:
    if isinstance(value, ast.AST):
        return copied(value)
    return [_copied_value(part) for part in value] if isinstance(value, list) else value


def hole() -> ast.Name:
    """A node that shows as :data:`MASK`."""
    return ast.Name(id=HOLE, ctx=ast.Load())


def strip(node: AnyFunction) -> AnyFunction:
    """Takes docstrings, other bare strings and decorators off ``node``, in place and in nested functions too."""
    node.decorator_list = []
    for block in _blocks(node):
        for statement in block:
            if isinstance(statement, AnyFunction | ast.ClassDef):
                statement.decorator_list = []
        kept = [statement for statement in block if not is_bare_string(statement)]
        block[:] = kept or [ast.copy_location(ast.Pass(), block[0])]
    return node


def is_bare_string(statement: ast.stmt) -> bool:
    """Whether a statement is nothing but a string, as docstrings are."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The statement lists inside ``node``, outer ones first."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block
            for statement in block:
                yield from _blocks(statement)
    for name in ("handlers", "cases"):
        for part in getattr(node, name, ()):
            yield from _blocks(part)


def is_function(node: ast.AST) -> TypeGuard[AnyFunction]:
    """Whether ``node`` defines a function, plain or async."""
    return isinstance(node, AnyFunction)


def own_nodes(node: AnyFunction) -> Iterator[ast.AST]:
    """Nodes of the function's body, in the order of the text, without those of nested functions and classes."""
    stack: list[ast.AST] = list(reversed(node.body))
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(current, Scope):
            stack += reversed(list(ast.iter_child_nodes(current)))


def parameters(node: AnyFunction) -> list[ast.arg]:
    """All parameters of the function, in the order of its signature."""
    spec = node.args
    starred = [argument for argument in (spec.vararg,) if argument is not None]
    double = [argument for argument in (spec.kwarg,) if argument is not None]
    return [*spec.posonlyargs, *spec.args, *starred, *spec.kwonlyargs, *double]


def signature(node: AnyFunction) -> str:
    """The ``def`` line."""
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {unparse(node.returns)}" if node.returns is not None else ""
    return f"{kind} {node.name}({unparse(node.args)}){returns}:"
