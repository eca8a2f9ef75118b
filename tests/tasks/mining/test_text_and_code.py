"""docstring_mismatch, comment_mismatch, code_search, completion, same_file and clone by hand."""

import pytest

from tasks.mining.clone import Nameless, partners, similarity
from tasks.mining.comment_mismatch import commented
from tasks.mining.docstring_mismatch import is_described
from tests.tasks.mining.snippets import corpus_of, rows_of

DESCRIBED = '''
def load_{0}(self, name, default):
    """Return the {0} that belongs to a name.

    A second paragraph.
    """
    return self.{0}_of(name) or default.{0}
'''


def test_docstring_mismatch_labels_tell_whose_docstring_it_is() -> None:
    words = ["paper", "stone", "wood", "metal"]
    rows = rows_of("docstring_mismatch", "".join(DESCRIBED.format(word) for word in words))
    assert sorted(str(row["mismatch"]) for row in rows) == ["0", "0", "1", "1"]
    for row in rows:
        word = str(row["function"]).removeprefix("load_")
        assert row["mismatch"] == int(row["docstring"] != f"Return the {word} that belongs to a name.")
        assert '"""' not in str(row["code"])
    assert len({row["docstring"] for row in rows}) == 4


@pytest.mark.parametrize("docstring", ["", "Two words.", ">>> f(1) is a doctest", "word " * 31])
def test_docstrings_that_say_nothing_are_left_out(docstring: str) -> None:
    (function,) = corpus_of(f'def f():\n    """{docstring}"""\n    return 1').splits["train"]
    assert not is_described(function)


def test_code_search_hides_the_name_everywhere() -> None:
    (row,) = rows_of(
        "code_search",
        '''
        def count_words(text, seen):
            """Return how many words are in a text. Or so."""
            return seen if not text else count_words(text[1:], seen + 1)
        ''',
    )
    assert row["docstring"] == "Return how many words are in a text."
    assert row["code"] == ("def [MASK](text, seen):\n    return seen if not text else [MASK](text[1:], seen + 1)")


def test_completion_cuts_where_both_sides_are_most_alike() -> None:
    (row,) = rows_of(
        "completion",
        """
        def copy_it(source, target):
            data = source.read(source.size)
            other = source.read(target.size)
            target.write(data, target.size)
            return copy_it(data, target, other)
        """,
    )
    assert row["head"] == (
        "def copy_it(source, target):\n    data = source.read(source.size)\n    other = source.read(target.size)"
    )
    assert row["tail"] == "target.write(data, target.size)\nreturn [MASK](data, target, other)"


COMMENTED = """
def f(a, b):
    # take the larger of both
    # and double it
    c = max(a, b) * 2
    # x = {'a': [1]} == code((1))
    d = c
    if d:
        # three words only
        d = a
        # neither one is of use now
        return None  # at the end of a line
    return d
"""


def test_comments_belong_to_the_statement_below() -> None:
    corpus = corpus_of(COMMENTED)
    (function,) = corpus.splits["train"]
    found = {pair.comment: pair.statement for pair in commented(function, corpus.lines["a.py"])}
    assert found == {
        "take the larger of both and double it": "c = max(a, b) * 2",
        "neither one is of use now": "return None",
    }


def test_comment_mismatch_labels_tell_whose_comment_it_is() -> None:
    body = "".join(f"    # this one is about number {n}\n    x{n} = a.part({n})\n" for n in range(8))
    rows = rows_of("comment_mismatch", f"def f(a):\n{body}    return a")
    assert len(rows) == 8
    for row in rows:
        number = str(row["statement"])[1]
        assert row["mismatch"] == int(row["comment"] != f"this one is about number {number}")
    assert sum(int(row["mismatch"]) for row in rows) == 4


def test_same_file_labels_tell_where_functions_come_from() -> None:
    files = [
        "\n".join(f"def f{n}(a, b):\n    return a.{word}_{n}(b) + b.{word}_{n}(a, {n})" for n in "pqrs")
        for word in ("red", "blue", "green")
    ]
    rows = rows_of("same_file", *files)
    assert len(rows) == 6
    for row in rows:
        left, right = (
            {word for word in ("red", "blue", "green") if word in str(row[side])} for side in ("left", "right")
        )
        assert row["same"] == int(left == right)
    assert len({row[side] for row in rows for side in ("left", "right")}) == 12


def test_clone_pairs_by_hand() -> None:
    same = "def {0}(self, number):\n    {1} = self.{0}_of(number, 1)\n    return self.{2}({1}, number, {1})"
    functions = corpus_of(same.format("red", "x", "p"), same.format("blue", "y", "q"), same.format("green", "z", "q"))
    first, second, third = (Nameless(function, function.text) for function in functions.splits["train"])
    assert similarity(first.words, first.words) == 1
    assert list(partners([first, second, third])) == [(first, first), (second, third)]


def test_clone_rows_are_rewritten_on_the_right_only() -> None:
    same = "def {0}(self, number):\n    {1} = self.{0}_of(number, 1)\n    return self.{2}({1}, number, {1})"
    words = ["red", "blue", "green", "brown", "white", "black"]
    rows = rows_of("clone", "\n".join(same.format(word, "x", word + "s") for word in words))
    assert [row["clone"] for row in rows] == [1, 0, 1, 0]
    for row in rows:
        used = {word for word in words if f".{word}s(" in str(row["right"])}
        assert row["clone"] == int(f".{used.pop()}s(" in str(row["left"]))
        assert "number" in str(row["left"])
        assert "number" not in str(row["right"])
        assert "def [MASK](self, " in str(row["left"])
        assert "def [MASK](" in str(row["right"])


def test_a_sentence_is_written_after_the_code() -> None:
    source = '''
        def twice(value, other):
            """Give the value two times over. And no more."""
            return value + value + other * value - other
    '''
    (row,) = rows_of("docstring_writer", source)
    assert (
        row["prompt"] == "def twice(value, other):\n    return value + value + other * value - other\n# In a sentence:"
    )
    assert row["completion"] == " Give the value two times over."
