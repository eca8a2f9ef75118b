"""How many parameters does the function take?"""

import copy
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.normalise import HOLE, copied, parameters, unparse
from tasks.mining.recipe import Recipe, Row, example


def without_signature(function: Function) -> str:
    """The function's code with ``[MASK]`` for all parameters and its name as it is."""
    blank = copy.copy(function.node)
    blank.args = copied(blank.args)
    blank.args.posonlyargs, blank.args.args, blank.args.kwonlyargs = [], [], []
    blank.args.defaults, blank.args.kw_defaults = [], []
    blank.args.vararg = blank.args.kwarg = None
    text = unparse(blank)
    return text.replace("()", f"({HOLE})", 1).replace(HOLE, "[MASK]")


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions and methods, their parameters masked in the signature but not in the body."""
    for function in corpus.walk(split, generator, longest=70):
        names = [argument.arg for argument in parameters(function.node)]
        count = len(names) - (function.owner is not None and names[:1] in (["self"], ["cls"]))
        yield example(function, code=without_signature(function), parameters=count)


RECIPE = Recipe(
    name="parameter_count",
    description="How many parameters a function takes, self and cls not counted; the signature is masked. As frequent "
    "as they come.",
    fields={"text": "code", "label": "parameters", "kind": "regression", "metric": "spearman"},
    examples=examples,
)
