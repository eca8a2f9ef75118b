"""Is one variable used where another was meant? After CuBERT's variable misuse."""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.bugs import clean_and_broken
from tasks.mining.corpus import Corpus
from tasks.mining.normalise import AnyFunction, copied, own_nodes, parameters
from tasks.mining.recipe import Recipe, Row


def local_names(node: AnyFunction) -> tuple[str, ...]:
    """Parameters and assigned names of the function, sorted."""
    stored = {n.id for n in own_nodes(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return tuple(sorted(stored | {argument.arg for argument in parameters(node)}))


def misuse(node: AnyFunction, generator: np.random.Generator) -> AnyFunction | None:
    """A copy in which one read of a local variable became another local variable; None if there are no two."""
    broken = copied(node)
    names = local_names(broken)
    uses = [n for n in own_nodes(broken) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names]
    if len(names) < 2 or len(uses) < 2:
        return None
    use = uses[int(generator.integers(len(uses)))]
    others = [name for name in names if name != use.id]
    use.id = others[int(generator.integers(len(others)))]
    return broken


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions with at least two variables and two reads; every second one is broken."""
    return clean_and_broken(corpus.walk(split, generator, longest=70), misuse, generator)


RECIPE = Recipe(
    name="variable_misuse",
    description="Whether one use of a variable was replaced by another variable of the same function. Balanced, 50 % "
    "broken; a function is shown once, either whole or broken.",
    fields={
        "text": "code",
        "label": "broken",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Is a wrong variable used somewhere in this Python function?",
    },
    examples=examples,
    classes=(0, 1),
)
