"""Which findings does a linter report?"""

from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.findings import Findings
from tasks.mining.recipe import Recipe, Row, example
from tasks.mining.rounds import in_turn

FAMILIES: dict[str, tuple[str, ...]] = {
    "unused_argument": ("ARG",),
    "private_access": ("SLF",),
    "return_flow": ("RET",),
    "old_format": ("UP030", "UP031", "UP032"),
    "exceptions": ("BLE", "E722", "B904", "S110", "S112", "TRY"),
    "simplify": ("SIM",),
}
"""Prefixes of ruff's rules that make each label true."""


def rules(function: Function, findings: Findings) -> set[str]:
    """Rules that were reported in the function's lines."""
    first, last = function.lines
    return {rule for row, rule in findings.get(function.file, ()) if first <= row <= last}


def reported(function: Function, findings: Findings) -> dict[str, int]:
    """1 for every family with a finding in the function, 0 for the others."""
    found = rules(function, findings)
    return {label: int(any(rule.startswith(prefixes) for rule in found)) for label, prefixes in FAMILIES.items()}


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Functions with a finding, in rounds over the families."""
    rows = (
        (example(function, code=function.text, **labels), labels)
        for function in corpus.walk(split, generator, longest=70)
        for labels in [reported(function, corpus.findings)]
    )
    return in_turn(rows, tuple(FAMILIES))


RECIPE = Recipe(
    name="lint",
    description="Which of six families of ruff's rules report something in a function. Drawn in turn for each label; "
    "every function has at least one finding.",
    fields={
        "text": "code",
        "label": list(FAMILIES),
        "kind": "multilabel",
        "metric": "macro_f1",
        "instruction": "Look for what a linter would report in this Python function.",
    },
    examples=examples,
)
