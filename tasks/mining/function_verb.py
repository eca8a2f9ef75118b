"""Which family of verbs begins the function's name?"""

import re
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus
from tasks.mining.normalise import mask_name
from tasks.mining.recipe import Recipe, Row, example

FAMILIES: dict[str, str] = {
    "ask": "is has can check compare match contains needs should allow validate verify",
    "get": "get find lookup search read load fetch select peek list count choose",
    "put": "set add append insert write put push store save update register send configure",
    "make": "make create build init new open start generate copy begin setup prepare",
    "end": "close clear remove delete del stop reset destroy pop flush finish end discard release quit exit cancel",
    "turn": "parse format convert encode decode dump render quote unquote normalize translate compile split",
}
"""Verbs of like meaning; single verbs are too rare in a few hundred files."""

FAMILY_OF = {verb: family for family, verbs in FAMILIES.items() for verb in verbs.split()}


def verb(name: str) -> str:
    """The first word of a snake_case or camelCase name, in small letters; empty for special methods."""
    first = None if name.startswith("__") else re.match(r"_*([a-z]+|[A-Z][a-z]*)", name)
    return first.group(1).lower() if first else ""


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions whose name begins with such a verb; the whole name is masked wherever it occurs."""
    for function in corpus.walk(split, generator, longest=75):
        family = FAMILY_OF.get(verb(function.name))
        if family is not None:
            yield example(function, code=mask_name(function.text, function.name), verb=family)


RECIPE = Recipe(
    name="function_verb",
    description="Which family the verb at the beginning of a function's name belongs to (ask, get, put, make, end, "
    "turn into); the name is masked. Balanced.",
    fields={
        "text": "code",
        "label": "verb",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "The name of this Python function is masked. What does it do: ask whether something holds, get "
        "something, put something somewhere, make something, end something, or turn one thing into another?",
    },
    examples=examples,
    classes=tuple(FAMILIES),
)
