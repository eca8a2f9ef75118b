"""Whole and broken functions, made of the same kind of function by the same printer."""

from collections.abc import Callable, Iterator

import numpy as np

from tasks.mining.corpus import Function
from tasks.mining.normalise import AnyFunction, unparse
from tasks.mining.recipe import Row, example

Break = Callable[[AnyFunction, np.random.Generator], AnyFunction | None]
"""Gives a broken copy of a function, or None where it finds nothing to break."""


def clean_and_broken(functions: Iterator[Function], breaks: Break, generator: np.random.Generator) -> Iterator[Row]:
    """Breaks every second function at random, with label 1, and shows the others whole, with label 0.

    Functions that cannot be broken are left out of both classes.
    """
    for function in functions:
        broken = breaks(function.node, generator)
        if broken is not None and unparse(broken) != function.text:
            shown = int(generator.integers(2))
            yield example(function, code=unparse(broken if shown else function.node), broken=shown)
