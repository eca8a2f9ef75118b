"""What kind of default does a parameter have?"""

import ast
import copy
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, copied, hole, signature
from tasks.mining.recipe import Recipe, Row, example


def kind_of_default(value: ast.expr | None) -> str | None:
    """``none``, ``truth``, ``number`` or ``text``; None for any other expression."""
    match value:
        case ast.Constant(value=None):
            return "none"
        case ast.Constant(value=bool()):
            return "truth"
        case ast.Constant(value=int() | float()) | ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return "number"
        case ast.Constant(value=str()):
            return "text"
        case _:
            return None


def defaults(node: AnyFunction) -> Iterator[tuple[str, str, str]]:
    """Every parameter with a default of known kind: name, kind, and the signature with it masked, no annotations."""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    names = [argument.arg for argument in positional[len(positional) - len(spec.defaults) :]]
    for place, (name, value) in enumerate(zip(names, spec.defaults, strict=True)):
        kind = kind_of_default(value)
        if kind is not None:
            blank = copied(node.args)
            blank.defaults[place] = hole()
            for argument in ast.walk(blank):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
            shown = copy.copy(node)
            shown.args, shown.returns = blank, None
            yield name, kind, signature(shown)


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """One parameter of every kind per function: its name, then the signature with the default masked."""
    for function in corpus.walk(split, generator, shortest=5, longest=400):
        chosen = {kind: (name, text) for name, kind, text in defaults(function.node)}
        for kind, (name, text) in chosen.items():
            yield example(function, code=f"{name}=[MASK] in {text}", default=kind)


RECIPE = Recipe(
    name="default_kind",
    description="What kind of default a parameter has: None, truth value, number or text; the default is masked, the "
    "signature is shown. Balanced.",
    fields={
        "text": "code",
        "label": "default",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "What kind of default value was masked in this signature?",
    },
    examples=examples,
    classes=("none", "number", "text", "truth"),
)
