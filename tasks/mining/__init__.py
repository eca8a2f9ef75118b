"""The built-in suite: real tasks of code analysis, made from any Python source.

A recipe is one file: what is asked, how the answer is read off the code, and what is hidden so that the text does not
give it away. Twenty-five of them stand in :data:`BUILTIN`, of six kinds: does a docstring belong to a function (a
pair), is a method a property (binary), which exception is raised (multiclass), which constructs are used (multilabel),
how deeply are blocks nested (regression), which code does a sentence describe (retrieval)::

    mined = mine(DEFAULT, seed=42, cache=Path("cache"))
    mined.tasks["clone"]   # {"data": {"train": "clone/train.jsonl", ...}, "text": ["left", "right"], ...}
    mined.folder           # the paths above are relative to it

What happens in between, one module each:

- :mod:`~tasks.mining.sources` lists the files: the interpreter's own library without its tests, or the folders given.
- :mod:`~tasks.mining.corpus` parses each once. Docstrings, comments and decorators go, all code is printed by
  :func:`ast.unparse`, and a function that occurred before is dropped.
- :mod:`~tasks.mining.file_splits` gives every *file* to train, validation or test, package by package, before any task
  is made. A function is therefore in the same split in all tasks.
- A recipe turns the functions of one split into candidate rows; :mod:`~tasks.mining.draw` takes as many as asked for,
  no text twice in a task, classes in equal numbers.
- :mod:`~tasks.mining.mined` keeps the result in a cache, under a key of all that it depends on.

Binary and pair tasks show both classes the same kind of material: whole functions pass through the same printer as
broken ones, a function beside its rewriting stands among functions beside *another* one's rewriting, and a docstring
or function serves one example only. :mod:`~tasks.mining.controls` adds tasks whose affinities are known beforehand.

:data:`DEFAULT` is what runs unless tasks are named; :data:`OPT_IN` is the rest. ``lint`` and ``security`` need ruff.
"""

from tasks.mining.builtin import BUILTIN, DEFAULT, OPT_IN
from tasks.mining.controls import halves, shuffled
from tasks.mining.mined import Mined, mine
from tasks.mining.recipe import Recipe, Sizes

__all__ = ["BUILTIN", "DEFAULT", "OPT_IN", "Mined", "Recipe", "Sizes", "halves", "mine", "shuffled"]
