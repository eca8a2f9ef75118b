"""complexity, nesting, constructs, parameter_count, return_kind and default_kind by hand."""

import ast

import pytest

from tasks.mining.complexity import cyclomatic, level
from tasks.mining.constructs import used
from tasks.mining.default_kind import defaults
from tasks.mining.nesting import depth
from tasks.mining.return_kind import kind_of, return_kind, without_values
from tests.tasks.mining.snippets import function, rows_of


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("return 1", 1),
        ("if a:\n        return 1", 2),
        ("return 1 if a and b or c else 2", 4),
        ("for x in a:\n        while b: pass", 3),
        ("try: pass\n    except A: pass\n    except B: pass\n    finally: pass", 3),
        ("return [x for x in a if x if b for y in x]", 5),
        ("with a: pass", 1),
        ("assert a", 2),
        ("match a:\n        case 1: pass\n        case _: pass", 3),
        ("def g():\n        if a: pass\n    return g", 1),
    ],
)
def test_cyclomatic_number(body: str, paths: int) -> None:
    assert cyclomatic(function(f"def f(a, b, c):\n    {body}")) == paths


def test_levels() -> None:
    assert [level(paths) for paths in (1, 2, 3, 4, 9)] == ["straight", "simple", "simple", "branched", "branched"]


def test_complexity_row() -> None:
    code = "def f(self, name):\n    if name in self.names:\n        return self.names[name]\n    return self.find(name)"
    (row,) = rows_of("complexity", code)
    assert row == {"file": "a.py", "function": "f", "code": code, "paths": "simple"}


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        ("return [x for x in a]", 0),
        ("if a: pass", 1),
        ("for x in a:\n        if x:\n            with x: pass", 3),
        ("try:\n        if a: pass\n    except A: pass", 2),
        ("if a: pass\n    elif b: pass", 2),
        ("def g():\n        while a: pass", 2),
    ],
)
def test_depth_of_blocks(body: str, levels: int) -> None:
    # the function itself is one
    assert depth(function(f"def f(a):\n    {body}")) - 1 == levels


def test_nesting_goes_round_the_depths() -> None:
    flat = "def {0}(self):\n    self.{0}_a(self.{0}_b, self.{0}_c, self.{0}_d, self.{0}_e)"
    deep = "def {0}(self):\n    if self.{0}_a:\n        self.{0}_b(self.{0}_c, self.{0}_d)\n        self.{0}_e()"
    source = "\n".join([*(flat.format(f"flat_{n}") for n in "abc"), deep.format("deep_a"), deep.format("deep_b")])
    assert [row["depth"] for row in rows_of("nesting", source)] == [0, 1, 0, 1, 0]


def test_constructs_by_hand() -> None:
    none = dict.fromkeys(("branches", "loops", "comprehends", "guards", "raises", "yields"), 0)
    assert used(function("def f(a):\n    return a")) == none
    assert used(function("async def f(a):\n    async with a:\n        await a")) == {**none, "guards": 1, "yields": 1}
    assert used(function("def f(a):\n    return {x for x in a} if a else 0")) == {
        **none,
        "branches": 1,
        "comprehends": 1,
    }
    assert used(function("def f(a):\n    while a:\n        raise A")) == {**none, "loops": 1, "raises": 1}


def test_constructs_leaves_functions_without_any_out() -> None:
    source = """
    def plain(self, name):
        self.first(name, self.a.b.c, self.d.e.f)
        return self.second(name)
    def loops(self, names):
        for name in names:
            self.first(name, self.a.b.c, self.d.e.f)
    """
    assert [row["function"] for row in rows_of("constructs", source)] == ["loops"]


def test_parameter_count_hides_the_signature() -> None:
    source = """
    class A:
        def method(self, first, *rest, last=1):
            return self.do(first, rest, last, self.a.b)
        @staticmethod
        def free(one, two):
            return one.a.b.c + two.a.b.c + one.d.e
    """
    rows = {row["function"]: row for row in rows_of("parameter_count", source)}
    assert rows["A.method"]["parameters"] == 3
    assert rows["A.free"]["parameters"] == 2
    assert rows["A.method"]["code"] == "def method([MASK]):\n    return self.do(first, rest, last, self.a.b)"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("True", "truth"),
        ("not a", "truth"),
        ("a < b", "truth"),
        ("a == b and isinstance(a, b)", "truth"),
        ("a.startswith(b)", "truth"),
        ("1", "number"),
        ("-1.5", "number"),
        ("a - b", "number"),
        ("len(a) + b", "number"),
        ("a.find(b)", "number"),
        ("'x'", "text"),
        ("f'{a}'", "text"),
        ("'%s' % a", "text"),
        ("'a' + b", "text"),
        ("', '.join(a)", "text"),
        ("(a, b)", "collection"),
        ("[x for x in a]", "collection"),
        ("{}", "collection"),
        ("a.split()", "collection"),
        ("Box(a)", "object"),
        ("module.Box(a)", "object"),
        ("cls(a)", "object"),
        ("1 if a else 2", "number"),
        ("1 if a else 'x'", None),
        ("a + b", None),
        ("a or 'x'", None),
        ("a", None),
        ("a.b", None),
        ("call(a)", None),
    ],
)
def test_kind_of_a_value(value: str, kind: str | None) -> None:
    assert kind_of(ast.parse(value, mode="eval").body) == kind


def test_return_kind_is_the_one_kind_beside_none() -> None:
    assert return_kind(function("def f(a):\n    if a: return None\n    return 'x'")) == "text"
    assert return_kind(function("def f(a):\n    if a: return 1\n    return 'x'")) is None
    assert return_kind(function("def f(a):\n    if a: return 1\n    return a")) is None
    assert return_kind(function("def f(a):\n    return")) is None
    assert return_kind(function("def f(a):\n    def g(): return 1\n    return 'x'")) == "text"


def test_returned_values_are_masked_and_the_annotation_goes() -> None:
    node = function("def f(a) -> str:\n    if a:\n        return 'secret'\n    return")
    assert without_values(node) == "def f(a):\n    if a:\n        return [MASK]\n    return"
    assert node.returns is not None


def test_default_kinds_by_hand() -> None:
    node = function("def f(a, b: bool=True, c=-1, d=None, e='x', g=A) -> int: pass")
    shown = {name: (kind, text) for name, kind, text in defaults(node)}
    assert {name: kind for name, (kind, _) in shown.items()} == {"b": "truth", "c": "number", "d": "none", "e": "text"}
    assert shown["b"][1] == "def f(a, b=[MASK], c=-1, d=None, e='x', g=A):"


def test_default_kind_row() -> None:
    (row,) = rows_of("default_kind", "def f(path, mode='r'):\n    return open(path, mode)")
    assert (row["code"], row["default"]) == ("mode=[MASK] in def f(path, mode=[MASK]):", "text")
