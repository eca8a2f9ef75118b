import ast
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.mining.normalise import unparse
from tasks.mining.rewrite import can_rewrite, rewrite
from tests.tasks.mining.snippets import function

FUNCTIONS = [
    """
    def f(a, b):
        total = 0
        for step in range(a):
            if step < b:
                total += 2
            else:
                total -= 1
        return total
    """,
    """
    def f(a, b):
        if a == b:
            return 'same'
        if not a >= b:
            return 'less'
        return 'more' if b != 0 else 'zero'
    """,
    """
    def f(a, b):
        try:
            if a in (1, 2, b):
                c = a // b
            else:
                c = b % a
        except ZeroDivisionError as error:
            return str(error)
        while c > 3:
            c -= 1
        else:
            return [c for c in range(c) if c <= b]
        return c
    """,
]


def compiled(code: str) -> Callable[[int, int], Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    result: Callable[[int, int], Any] = names["f"]
    return result


@pytest.mark.parametrize("source", FUNCTIONS)
@given(a=st.integers(-3, 8), b=st.integers(-3, 8), seed=st.integers(0, 5))
def test_the_rewritten_function_computes_the_same(source: str, a: int, b: int, seed: int) -> None:
    node = function(source)
    changed = unparse(rewrite(node, method=False, generator=np.random.default_rng(seed)))
    assert changed != unparse(node)
    assert compiled(changed)(a, b) == compiled(dedent(source))(a, b)


def test_every_rewriting_by_hand() -> None:
    node = function(
        """
        def f(self):
            if self.a < 1:
                return 1
            self.b = not self.c if self.a else 0
            if self.b is None:
                g()
            else:
                self.x += 1
            return 1 if self.b else 2
        """
    )
    assert unparse(rewrite(node, method=True, generator=np.random.default_rng(0))) == dedent(
        """\
        def f(self):
            if 1 > self.a:
                return 1
            else:
                self.b = not self.c if self.a else 0
                if self.b is not None:
                    self.x += 1
                else:
                    g()
                if self.b:
                    return 1
                else:
                    return 2"""
    )


def test_the_original_is_left_alone_and_a_seed_gives_one_text() -> None:
    node = function(FUNCTIONS[0])
    before = ast.dump(node)
    texts = {unparse(rewrite(node, method=False, generator=np.random.default_rng(7))) for _ in range(3)}
    assert ast.dump(node) == before
    assert len(texts) == 1


def test_globals_imports_and_the_first_parameter_keep_their_names() -> None:
    node = function(
        """
        def f(self, other):
            global shared
            import os.path, sys as system
            shared = system.path
            return os.path.join(self.a, other, shared)
        """
    )
    text = unparse(rewrite(node, method=True, generator=np.random.default_rng(0)))
    for kept in ("self.a", "global shared", "os.path.join", "shared = system.path"):
        assert kept in text
    assert "other" not in text.replace("another", "")


@pytest.mark.parametrize(
    "body", ["g = lambda: a", "def g(): return a", "return locals()", "match a:\n        case b: return b"]
)
def test_what_cannot_be_renamed_safely_is_refused(body: str) -> None:
    assert not can_rewrite(function(f"def f(a):\n    {body}"))


def test_plain_code_can_be_rewritten() -> None:
    assert can_rewrite(function(FUNCTIONS[2]))
