"""Another way to write the same function.

Rewrites keep what a function computes, for operands of ordinary types: locals get other names (parameters too, so that
calls by keyword would have to follow), ``a < b`` becomes ``b > a``, ``x += 1`` becomes ``x = x + 1``, an ``if`` with an
``else`` is turned round, a conditional expression that is returned becomes an ``if``, and what follows an ``if`` that
returns moves into its ``else``.
"""

import ast

import numpy as np

from tasks.mining.normalise import AnyFunction, copied, parameters

_NAMES = """item data entry key other result index count node source target current state name path text line mode size
value left right first last total start stop buffer flag option record level kind info token part base"""
NAMES = tuple(_NAMES.split())
"""New names of local variables."""

_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_UNSAFE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Match)
_NAMESPACE_CALLS = frozenset({"locals", "vars", "eval", "exec", "dir"})


def can_rewrite(node: AnyFunction) -> bool:
    """Whether renaming is safe: no nested scopes, no pattern matching, nothing that reads names as strings."""
    inside = [inner for statement in node.body for inner in ast.walk(statement)]
    return not any(
        isinstance(inner, _UNSAFE) or (isinstance(inner, ast.Name) and inner.id in _NAMESPACE_CALLS) for inner in inside
    )


def rewrite(node: AnyFunction, *, method: bool, generator: np.random.Generator) -> AnyFunction:
    """A rewritten copy of a function for which :func:`can_rewrite` holds.

    Args:
        method: Whether the first parameter keeps its name.
        generator: Draws the new names.
    """
    changed = copied(node)
    new_names = _renaming(changed, method, generator)
    _Rename(new_names).visit(changed)
    changed.body = _rewritten_block(changed.body)
    _Expressions().visit(changed)
    return ast.fix_missing_locations(changed)


def _renaming(node: AnyFunction, method: bool, generator: np.random.Generator) -> dict[str, str]:
    kept = {argument.arg for argument in parameters(node)[: int(method)]}
    bound = {argument.arg for argument in parameters(node)}
    everything: set[str] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name, ctx=context):
                everything.add(name)
                if not isinstance(context, ast.Load):
                    bound.add(name)
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                kept.update(names)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                kept.update((alias.asname or alias.name).split(".")[0] for alias in aliases)
    everything |= bound | kept
    free = [name for name in NAMES if name not in everything]
    old = sorted(name for name in bound - kept if not name.startswith("__"))
    order = generator.permutation(len(free))
    return {name: free[int(place)] for name, place in zip(old, order, strict=False)}


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self.generic_visit(node)
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name) if node.name else None
        return node


class _Expressions(ast.NodeTransformer):
    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        self.generic_visit(node)
        operator = type(node.ops[0])
        if len(node.ops) == 1 and operator in _FLIPPED and _is_plain(node.left) and _is_plain(node.comparators[0]):
            return ast.Compare(node.comparators[0], [_FLIPPED[operator]()], [node.left])
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        constant = isinstance(node.value, ast.Constant) and isinstance(node.value.value, int | float)
        if isinstance(node.target, ast.Name) and constant:
            read = ast.Name(node.target.id, ast.Load())
            return ast.Assign([node.target], ast.BinOp(read, node.op, node.value))
        return node


def _is_plain(node: ast.expr) -> bool:
    """Whether evaluating earlier or later makes no difference."""
    return isinstance(node, ast.Name | ast.Constant) or (isinstance(node, ast.Attribute) and _is_plain(node.value))


def _rewritten_block(block: list[ast.stmt]) -> list[ast.stmt]:
    done: list[ast.stmt] = []
    for place, statement in enumerate(block):
        turned = _turned(_with_rewritten_blocks(statement))
        rest = block[place + 1 :]
        if rest and isinstance(turned, ast.If) and not turned.orelse and isinstance(turned.body[-1], ast.Return):
            return [*done, ast.If(turned.test, turned.body, _rewritten_block(rest))]
        done.append(turned)
    return done


def _with_rewritten_blocks(statement: ast.stmt) -> ast.stmt:
    for part in (statement, *getattr(statement, "handlers", ())):
        for name in ("body", "orelse", "finalbody"):
            if getattr(part, name, None):
                setattr(part, name, _rewritten_block(getattr(part, name)))
    return statement


def _turned(statement: ast.stmt) -> ast.stmt:
    match statement:
        case ast.If(test=test, body=body, orelse=[first, *_] as orelse) if not isinstance(first, ast.If):
            return ast.If(_negated(test), orelse, body)
        case ast.Return(value=ast.IfExp(test=test, body=yes, orelse=no)):
            return ast.If(test, [ast.Return(yes)], [ast.Return(no)])
        case _:
            return statement


def _negated(test: ast.expr) -> ast.expr:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[operator], comparators=right) if type(operator) in _OPPOSITE:
            return ast.Compare(left, [_OPPOSITE[type(operator)]()], right)
        case _:
            return ast.UnaryOp(ast.Not(), test)
