import ast
import textwrap

import pytest

from tasks.mining.normalise import (
    copied,
    hole,
    mask,
    mask_name,
    own_nodes,
    parameters,
    pieces,
    signature,
    strip,
    unparse,
)
from tests.tasks.mining.snippets import function


def test_pieces_counts_letters_digits_and_signs() -> None:
    # get _ item 2 ( self , key )
    assert pieces("get_item2(self, key)") == 9


def test_pieces_of_nothing() -> None:
    assert pieces(" \n ") == 0


def test_mask_takes_whole_identifiers_in_code_and_strings() -> None:
    text = "raise KeyError('KeyError: %s' % MyKeyError)"
    assert mask(text, ["KeyError"]) == "raise [MASK]('[MASK]: %s' % MyKeyError)"


def test_mask_of_no_names_changes_nothing() -> None:
    assert mask("a + b", []) == "a + b"


@pytest.mark.parametrize("spelling", ["get_x", "_get_x", "__get_x", "get_x_"])
def test_mask_name_takes_every_number_of_underscores(spelling: str) -> None:
    assert mask_name(f"def get_x(self): return self.{spelling}() or get_xy", "_get_x") == (
        "def [MASK](self): return self.[MASK]() or get_xy"
    )


def test_strip_takes_docstrings_strings_and_decorators_everywhere() -> None:
    node = function(
        '''
        @wrapped
        def f():
            """Says what f does."""
            @cached
            def g():
                """Says what g does."""
            if g():
                "a string"
            return "kept"
        '''
    )
    assert unparse(strip(node)) == textwrap.dedent(
        """\
        def f():

            def g():
                pass
            if g():
                pass
            return 'kept'"""
    )


def test_hole_shows_as_mask() -> None:
    assert unparse(ast.Return(hole())) == "return [MASK]"


def test_signature_and_parameters() -> None:
    node = function("async def f(a, /, b=1, *c, d, **e) -> int: pass")
    assert signature(node) == "async def f(a, /, b=1, *c, d, **e) -> int:"
    assert [argument.arg for argument in parameters(node)] == ["a", "b", "c", "d", "e"]


def test_own_nodes_come_in_order_and_leave_nested_scopes_out() -> None:
    node = function(
        """
        def f():
            a = 1
            def g():
                b = 2
            return (lambda: c, d)
        """
    )
    assert [inner.id for inner in own_nodes(node) if isinstance(inner, ast.Name)] == ["a", "d"]


def test_copied_is_equal_and_independent() -> None:
    with open(textwrap.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    before = ast.dump(tree, include_attributes=True)
    copy = copied(tree)
    assert ast.dump(copy, include_attributes=True) == before
    for node in ast.walk(copy):
        if isinstance(node, ast.Name):
            node.id = "changed"
    assert ast.dump(tree, include_attributes=True) == before
    assert ast.dump(copy) != ast.dump(tree)
