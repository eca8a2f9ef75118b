"""variable_misuse, wrong_operator and swapped_operands: one change, and only where it is said."""

import ast
import fractions

import numpy as np
import pytest

from tasks.mining import BUILTIN
from tasks.mining.corpus import Corpus
from tasks.mining.normalise import unparse
from tasks.mining.recipe import Row
from tasks.mining.swapped_operands import swap
from tasks.mining.variable_misuse import local_names, misuse
from tasks.mining.wrong_operator import wrong_operator
from tests.tasks.mining.snippets import corpus_of, function


def outcomes(code: str, breaks: object, tries: int = 60) -> set[str]:
    assert callable(breaks)
    found = [breaks(function(code), np.random.default_rng(seed)) for seed in range(tries)]
    return {unparse(node).partition("return ")[2] for node in found}


def test_a_misused_variable_is_another_one_of_the_function() -> None:
    code = "def f(a, b):\n    c = g\n    return a.b + b"
    assert local_names(function(code)) == ("a", "b", "c")
    assert outcomes(code, misuse) == {"b.b + b", "c.b + b", "a.b + a", "a.b + c"}


def test_a_wrong_operator_is_of_the_same_group() -> None:
    assert outcomes("def f(a, b):\n    return a and b", wrong_operator) == {"a or b"}
    assert outcomes("def f(a, b):\n    return a in b", wrong_operator) == {"a is b", "a is not b", "a not in b"}
    assert outcomes("def f(a, b):\n    return a < b", wrong_operator) == {
        f"a {sign} b" for sign in ("==", "!=", "<=", ">", ">=")
    }
    assert outcomes("def f(a, b):\n    return a - b", wrong_operator) == {
        f"a {sign} b" for sign in ("+", "*", "/", "//", "%")
    }


def test_operands_are_swapped_only_where_it_matters() -> None:
    assert outcomes("def f(a, b):\n    return a - b + (a == b) * (a in b)", swap) == {
        "b - a + (a == b) * (a in b)",
        "a - b + (a == b) * (b in a)",
    }


@pytest.mark.parametrize(
    ("breaks", "code"),
    [
        (misuse, "def f(a):\n    return a + a"),
        (misuse, "def f(a, b):\n    return g(a)"),
        (wrong_operator, "def f(a, b):\n    return g(a, b)"),
        (swap, "def f(a, b):\n    return a + b == b * a"),
    ],
)
def test_nothing_to_break(breaks: object, code: str) -> None:
    assert callable(breaks)
    assert breaks(function(code), np.random.default_rng(0)) is None


@pytest.mark.parametrize("task", ["variable_misuse", "wrong_operator", "swapped_operands"])
def test_a_broken_function_differs_and_a_whole_one_does_not(task: str) -> None:
    with open(fractions.__file__, encoding="utf-8") as file:
        corpus = corpus_of(file.read(), names=("fractions.py",))
    texts = {function.qualified: function.text for function in corpus.splits["train"]}
    before = [ast.dump(function.node) for function in corpus.splits["train"]]
    rows = [row for seed in range(8) for row in BUILTIN[task].examples(corpus, "train", np.random.default_rng(seed))]
    assert {row["broken"] for row in rows} == {0, 1}
    for row in rows:
        assert row["broken"] == int(row["code"] != texts[str(row["function"])])
    assert [ast.dump(function.node) for function in corpus.splits["train"]] == before


def test_the_line_that_was_broken_is_labelled_and_no_other() -> None:
    with open(fractions.__file__, encoding="utf-8") as file:
        corpus = corpus_of(file.read(), names=("fractions.py",))
    texts = {function.qualified: function.text.split("\n") for function in corpus.splits["train"]}
    rows = [row for seed in range(4) for row in candidates_of("bug_line", corpus, seed)]
    assert len({str(row["code"]) for row in rows}) > 20
    for row in rows:
        lines = str(row["code"]).split("\n")
        expected = [int(ours != theirs) for ours, theirs in zip(lines, texts[str(row["function"])], strict=True)]
        assert row["broken"] == expected
        assert sum(expected) == 1


def candidates_of(task: str, corpus: Corpus, seed: int) -> list[Row]:
    return list(BUILTIN[task].examples(corpus, "train", np.random.default_rng(seed)))
