"""What kind of value does the function return?"""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, copied, hole, own_nodes, unparse
from tasks.mining.recipe import Recipe, Row, example

_CALLS: dict[str, str] = {
    "truth": "isinstance issubclass bool hasattr any all callable",
    "number": "len int float sum abs round ord hash id divmod complex",
    "text": "str repr chr hex format ascii",
    "collection": "list tuple dict set frozenset sorted",
    "object": "cls",
}
_METHODS: dict[str, str] = {
    "truth": "startswith endswith isdigit isidentifier isfile isdir exists isspace isalpha is_set",
    "number": "count find rfind index tell fileno time bit_length",
    "text": "join format lower upper strip rstrip lstrip replace decode hexdigest",
    "collection": "split splitlines keys items values copy groups",
}
_KIND_OF_CALL = {name: kind for kind, names in _CALLS.items() for name in names.split()}
_KIND_OF_METHOD = {name: kind for kind, names in _METHODS.items() for name in names.split()}
_DISPLAYS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_NUMERIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)


def kind_of(value: ast.expr) -> str | None:
    """``truth``, ``number``, ``text``, ``collection`` or ``object`` (a new instance); None if syntax does not tell."""
    match value:
        case ast.Constant(value=bool()) | ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "truth"
        case ast.Constant(value=int() | float() | complex()) | ast.UnaryOp():
            return "number"
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "text"
        case ast.BinOp(left=left, op=operator, right=right):
            sides = {kind_of(left), kind_of(right)} - {None}
            if isinstance(operator, ast.Mod) and kind_of(left) == "text":
                return "text"
            return sides.pop() if len(sides) == 1 else "number" if isinstance(operator, _NUMERIC) else None
        case ast.BoolOp(values=values):
            kinds = {kind_of(part) for part in values}
            return kinds.pop() if len(kinds) == 1 else None
        case ast.IfExp(body=body, orelse=orelse):
            return kind_of(body) if kind_of(body) == kind_of(orelse) else None
        case ast.Call(func=ast.Name(id=name)):
            return _KIND_OF_CALL.get(name, "object" if name.lstrip("_")[:1].isupper() else None)
        case ast.Call(func=ast.Attribute(attr=name)):
            named = "object" if name == "__class__" or name.lstrip("_")[:1].isupper() else None
            return _KIND_OF_METHOD.get(name, named)
        case _:
            return "collection" if isinstance(value, _DISPLAYS) else None


def return_kind(node: AnyFunction) -> str | None:
    """The one kind of all values that the function returns, None aside; None if there is no such kind."""
    values = [inner.value for inner in own_nodes(node) if isinstance(inner, ast.Return) and inner.value is not None]
    kinds = {kind_of(value) for value in values if not (isinstance(value, ast.Constant) and value.value is None)}
    return kinds.pop() if len(kinds) == 1 else None


def without_values(node: AnyFunction) -> str:
    """The function's code with every returned value, and the annotation that would tell it, masked or left out."""
    blank = copied(node)
    blank.returns = None
    for inner in own_nodes(blank):
        if isinstance(inner, ast.Return) and inner.value is not None:
            inner.value = hole()
    return unparse(blank)


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions whose returned values are all of one kind."""
    for function in corpus.walk(split, generator, longest=120):
        kind = return_kind(function.node)
        if kind is not None:
            yield example(function, code=without_values(function.node), returns=kind)


RECIPE = Recipe(
    name="return_kind",
    description="What kind of value a function returns: truth value, number, text, collection or new object; the "
    "values are masked. Balanced.",
    fields={
        "text": "code",
        "label": "returns",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "What kind of value does this Python function return?",
    },
    examples=examples,
    classes=("collection", "number", "object", "text", "truth"),
)
