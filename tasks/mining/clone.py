"""Do two functions compute the same?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.normalise import mask_name, pieces, unparse
from tasks.mining.recipe import Recipe, Row, example
from tasks.mining.rewrite import can_rewrite, rewrite


@dataclass(frozen=True, eq=False)
class Nameless:
    """A function and its code without its name."""

    function: Function
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """Words in the code, parts of identifiers too."""
        return frozenset(re.findall(r"[A-Za-z][a-z]*", self.text))

    @cached_property
    def pieces(self) -> int:
        """Estimated word pieces of the code."""
        return pieces(self.text)


def similarity(left: frozenset[str], right: frozenset[str]) -> float:
    """Jaccard: common words over all words, 0 to 1."""
    return len(left & right) / max(len(left | right), 1)


def rewritten(function: Function, generator: np.random.Generator) -> str:
    """The function written in another way, without its name."""
    method = function.owner is not None and "staticmethod" not in function.decorators
    changed = rewrite(function.node, method=method, generator=generator)
    return mask_name(unparse(changed), function.name)


def partners(functions: list[Nameless]) -> Iterator[tuple[Nameless, Nameless]]:
    """Pairs of a function and the one that is to be rewritten beside it: itself and another, in turn.

    The other one shares the most words with the function among those of the same length; what rewriting adds is
    therefore alike in both classes, and length tells nothing. No function is used twice.
    """
    left = list(functions)
    while left:
        own = left.pop(0)
        yield own, own
        while left:
            asked = left.pop(0)
            alike = [other for other in left if other.pieces == asked.pieces]
            if alike:
                best = alike[int(np.argmax([similarity(asked.words, other.words) for other in alike]))]
                left.remove(best)
                yield asked, best
                break


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions beside a rewriting of themselves or of a similar one; rewritings that change nothing are left out."""
    walked = corpus.walk(split, generator, shortest=25, longest=70)
    functions = [Nameless(f, mask_name(f.text, f.name)) for f in walked if can_rewrite(f.node)]
    for shown, other in partners(functions):
        right = rewritten(other.function, generator)
        if right != other.text:
            yield example(shown.function, left=shown.text, right=right, clone=int(shown is other))


RECIPE = Recipe(
    name="clone",
    description="Whether the second function is the first one rewritten (other local names, turned comparisons and "
    "branches), or the most similar other one of the same length, rewritten too. Balanced, 50 % clones.",
    fields={
        "text": ["left", "right"],
        "label": "clone",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Do these two Python functions do the same?",
    },
    examples=examples,
    classes=(0, 1),
)
