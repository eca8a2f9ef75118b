from pathlib import Path

import numpy as np
import pytest

from tasks.errors import InputError
from tasks.mining.corpus import build_corpus
from tasks.mining.sources import SourceFile
from tests.tasks.mining.snippets import corpus_of

SOURCE = '''
import os, sys as system
import os.path

class Box:
    @property
    @wrapped(1)
    def size(self):
        """How much fits in. In litres.

        More about it.
        """
        # never empty
        return self._size

async def load():
    return await read(1)
'''


def test_a_function_is_what_its_source_says() -> None:
    corpus = corpus_of(SOURCE, names=("pkg/box.py",))
    size, load = corpus.splits["train"]
    assert (size.file, size.package, size.owner, size.qualified) == ("pkg/box.py", "pkg", "Box", "Box.size")
    assert (size.decorators, size.lines) == (("property", "wrapped(1)"), (8, 14))
    assert (size.summary, size.docstring) == ("How much fits in.", "How much fits in. In litres.\n\nMore about it.")
    assert size.text == "def size(self):\n    return self._size"
    assert (load.owner, load.qualified, load.docstring) == (None, "load", "")
    assert corpus.imports["pkg/box.py"] == {"os", "os.path"}


def test_functions_that_differ_in_name_and_literals_only_are_kept_once() -> None:
    corpus = corpus_of(
        "def one(a):\n    return a.get('x', 1)",
        "def two(a):\n    '''Documented.'''\n    return a.get(\"it's\", 20)  # here",
        "def three(a):\n    return a.get(b, 1)",
    )
    assert [function.name for function in corpus.splits["train"]] == ["one", "three"]


def test_files_that_do_not_parse_are_left_out() -> None:
    corpus = corpus_of("def f(:", "\x00", "def g():\n    pass", "# -*- coding: nonsense -*-\ndef h(): pass")
    assert [function.name for function in corpus.splits["train"]] == ["g"]


def test_long_functions_are_left_out() -> None:
    body = "".join(f"    a{line} = {line}\n" for line in range(100))
    assert [f.name for f in corpus_of(f"def long():\n{body}\ndef short():\n    pass").splits["train"]] == ["short"]


def test_walk_takes_one_function_of_every_file_before_the_next() -> None:
    files = ["\n".join(f"def f{n}(a, b):\n    return a.x{n}(b.y{file})" for n in range(4)) for file in range(5)]
    corpus = corpus_of(*files)
    walked = list(corpus.walk("train", np.random.default_rng(3), shortest=1))
    assert sorted(f.text for f in walked) == sorted(f.text for f in corpus.splits["train"])
    for start in range(0, 20, 5):
        assert len({function.file for function in walked[start : start + 5]}) == 5


def test_walk_keeps_to_the_lengths() -> None:
    corpus = corpus_of("def f():\n    pass\ndef g(a, b):\n    return a + b")
    # def f ( ) : pass
    assert [f.name for f in corpus.walk("train", np.random.default_rng(0), shortest=6, longest=6)] == ["f"]


def test_source_without_functions_is_refused() -> None:
    with pytest.raises(InputError, match="2 files hold none"):
        build_corpus([SourceFile(name, Path(name), b"x = 1") for name in ("a.py", "b.py")], {"train": 1.0}, 0)
