"""Does a security linter object to this function?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.lint import rules
from tasks.mining.partners import matched
from tasks.mining.recipe import Recipe, Row, example

HARMLESS = frozenset({"S101", "S105", "S106", "S107"})
"""Asserts and names that only look like passwords."""


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions with a finding of ruff's security rules, and others of like length."""
    reported: list[Function] = []
    others: list[Function] = []
    for function in corpus.walk(split, generator, longest=140):
        found = {rule for rule in rules(function, corpus.findings) if rule[0] == "S" and rule[1:2].isdigit()}
        (reported if found - HARMLESS else others).append(function)
    insecure = set(reported)
    for function in matched(reported, others, lambda function: function.pieces):
        yield example(function, code=function.text, insecure=int(function in insecure))


RECIPE = Recipe(
    name="security",
    description="Whether ruff's security rules (flake8-bandit's, without asserts and password names) report something "
    "in a function; the others are of like length. Balanced, 50 % reported.",
    fields={
        "text": "code",
        "label": "insecure",
        "kind": "binary",
        "metric": "accuracy",
        "instruction": "Would a linter for security report something in this Python function?",
    },
    examples=examples,
    classes=(0, 1),
)
