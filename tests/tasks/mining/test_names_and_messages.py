"""function_verb, exception_type, string_role, module_domain, package, accessor, private, documented by hand."""

import re

import pytest

from tasks.mining.exception_type import occurrences
from tasks.mining.function_verb import FAMILIES, FAMILY_OF, verb
from tasks.mining.module_domain import uses
from tasks.mining.string_role import roles
from tests.tasks.mining.snippets import corpus_of, function, rows_of


@pytest.mark.parametrize(
    ("name", "first"),
    [("get_item", "get"), ("_getItem", "get"), ("IsOpen", "is"), ("close", "close"), ("__init__", ""), ("_", "")],
)
def test_first_word_of_a_name(name: str, first: str) -> None:
    assert verb(name) == first


def test_every_verb_is_in_one_family() -> None:
    assert len(FAMILY_OF) == sum(len(verbs.split()) for verbs in FAMILIES.values())


def test_function_verb_hides_the_name_in_recursion_and_strings() -> None:
    (row,) = rows_of(
        "function_verb",
        """
        def remove_all(self, items):
            print('remove_all', items)
            return items and self.remove_all(items[1:])
        def other_name(self, items):
            return self.remove_all(items, items, items, items)
        """,
    )
    assert row["verb"] == "end"
    assert row["code"] == (
        "def [MASK](self, items):\n    print('[MASK]', items)\n    return items and self.[MASK](items[1:])"
    )


RAISES = """
def f(self, a):
    if a < 0:
        self.warn(a)
        raise ValueError('negative: ValueError')
    try:
        first(a)
        second(a)
        third(a)
        fourth(a)
    except (OSError, KeyError):
        raise
    except KeyError as error:
        return 0
    raise TypeError
"""


def test_exceptions_with_the_code_that_tells() -> None:
    assert list(occurrences(function(RAISES))) == [
        ("ValueError", "def f(self, a):\n    if a < 0:\n        raise ValueError('negative: ValueError')"),
        (
            "KeyError",
            "def f(self, a):\n    try:\n        first(a)\n        second(a)\n        third(a)\n"
            "    except KeyError as error:\n        return 0",
        ),
        ("TypeError", "def f(self, a):\n    raise TypeError"),
    ]


def test_exception_names_are_masked() -> None:
    rows = {row["exception"]: str(row["code"]) for row in rows_of("exception_type", RAISES)}
    assert rows["ValueError"] == "def f(self, a):\n    if a < 0:\n        raise [MASK]('negative: [MASK]')"
    assert all(str(name) not in code for name, code in rows.items())


def test_roles_of_literals() -> None:
    node = """
    def f(self, a):
        log.info('to the log')
        x = a['subscript'] + {'display': 'value'}[a.get('lookup', 'nothing')]
        if a == 'compared':
            raise Error('message: %s' % 'inside')
        re.compile('pattern')
        open('argument')
        return 'template %s' % a + '{}'.format(a)
    """
    (made,) = corpus_of(node).splits["train"]
    assert dict(roles(made)) == {
        "to the log": "output",
        "subscript": "key",
        "display": "key",
        "lookup": "key",
        "nothing": "key",
        "compared": "compared",
        "message: %s": "message",
        "inside": "message",
        "template %s": "template",
        "{}": "template",
    }


def test_string_role_row_shows_the_literal_only() -> None:
    rows = rows_of("string_role", "def f(self, a):\n    raise Error('too   many ' 'of \\n them', 'no', a.b.c)")
    assert [(row["literal"], row["role"]) for row in rows] == [("too many of them", "message")]


MODULES = """
import os, re, sys
from json import loads
def f(a, sys):
    x = os.path.join(a, 'os')
    y = sys.path
    return loads(x) if a.os.x else os.getcwd()
"""


def test_modules_that_are_read_and_not_hidden() -> None:
    corpus = corpus_of(MODULES)
    (made,) = corpus.splits["train"]
    assert list(uses(made, corpus.imports["a.py"])) == [
        (
            "os",
            "def f(a, sys):\n    x = os.path.join(a, 'os')\n    return loads(x) if a.os.x else os.getcwd()",
        )
    ]


def test_module_domain_masks_the_module() -> None:
    (row,) = rows_of("module_domain", MODULES)
    assert row["domain"] == "files"
    assert not re.search(r"\bos\b", str(row["code"]))


def test_package_masks_its_own_name() -> None:
    code = "def f(self, a):\n    return {0}.base.make(a, self.x, self.y, '{0}')"
    rows = rows_of("package", code.format("red"), code.format("top"), names=("red/a/b.py", "top.py"))
    assert [(row["package"], row["code"]) for row in rows] == [("red", code.format("[MASK]"))]


def test_accessor_compares_properties_with_methods_that_take_nothing() -> None:
    source = """
    class A:
        @property
        def first(self):
            return self.a + self.b
        @cached
        def second(self):
            return self.b - self.c
        def third(self):
            return self.c * self.d
        def fourth(self, a):
            return self.d / self.e
        def __fifth__(self):
            return self.e // self.f
        @functools.cached_property
        def sixth(self):
            return self.f ** self.g
        def seventh(self):
            return self.g % self.h
    def eighth(self):
        return self.h @ self.i
    """
    rows = {row["function"]: row["is_property"] for row in rows_of("accessor", source)}
    assert rows == {"A.first": 1, "A.sixth": 1, "A.third": 0, "A.seventh": 0}
    assert not [row for row in rows_of("accessor", source) if "property" in str(row["code"])]


def test_private_hides_the_underscore_wherever_the_name_stands() -> None:
    source = """
    class A:
        def _walk(self, a):
            return self._walk(a.left) or self._other(a.b, a.c)
        def other(self, a):
            return self.walk(a.left) or self.other(a.b, a.d)
        def __len__(self):
            return self.walk(self.left) or self.other(self.b)
    """
    rows = {row["function"]: row for row in rows_of("private", source)}
    assert {name: row["private"] for name, row in rows.items()} == {"A._walk": 1, "A.other": 0}
    assert rows["A._walk"]["code"] == "def walk(self, a):\n    return self.walk(a.left) or self._other(a.b, a.c)"


def test_documented_hides_the_docstring() -> None:
    source = '''
    def with_one(a, b):
        """Say it."""
        return a.first(b) + b.first(a, a)
    def without(a, b):
        # a comment is no docstring
        return a.second(b) + b.second(a, a)
    '''
    rows = {row["function"]: row for row in rows_of("documented", source)}
    assert {name: row["documented"] for name, row in rows.items()} == {"with_one": 1, "without": 0}
    assert not [row for row in rows.values() if '"""' in str(row["code"]) or "Say" in str(row["code"])]
