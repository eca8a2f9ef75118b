"""Functions of all source files, parsed once and shared by every recipe."""

import ast
import inspect
import io
import re
import tokenize
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from tasks.errors import InputError
from tasks.mining.file_splits import split_files
from tasks.mining.findings import Findings, run_linter
from tasks.mining.normalise import AnyFunction, is_function, mask_name, pieces, strip, unparse
from tasks.mining.sources import SourceFile

_LITERAL = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\b\d[\w.]*""")

MOST_LINES = 80
"""Longer functions are left out: a text is cut after some sixty word pieces anyway."""


@dataclass(frozen=True, eq=False)
class Function:
    """A module's function or a class's method; nested functions belong to the one around them.

    Args:
        file: Name of its source file.
        package: Top-level folder of its file; empty for a module at the top.
        owner: Name of the class it is a method of, or None.
        node: Its syntax tree without docstrings and decorators. Shared: copy before changing.
        docstring: Its docstring, cleaned of indentation; empty if it has none.
        decorators: Its decorators as code.
        lines: First and last line in its file, counted from 1, decorators excluded.
        text: Its code as a model sees it.
    """

    file: str
    package: str
    owner: str | None
    node: AnyFunction
    docstring: str
    decorators: tuple[str, ...]
    lines: tuple[int, int]
    text: str

    @property
    def name(self) -> str:
        """The name without its class."""
        return self.node.name

    @property
    def qualified(self) -> str:
        """``Class.method``, or the name of a function."""
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @cached_property
    def pieces(self) -> int:
        """Estimated word pieces of the text."""
        return pieces(self.text)

    @property
    def summary(self) -> str:
        """First sentence of the docstring's first paragraph, on one line; empty if there is none."""
        paragraph = " ".join(self.docstring.strip().partition("\n\n")[0].split())
        return re.split(r"(?<=[.!?])\s+(?=[A-Z`'\"(])", paragraph, maxsplit=1)[0]


@dataclass(frozen=True, eq=False)
class Corpus:
    """All that recipes read.

    Args:
        splits: Functions by split, in the order of files and lines; no file is in two splits, no function twice.
        lines: Text lines of every file.
        imports: Modules that every file imports at its top under their own name.
        paths: Where every file lies.
    """

    splits: Mapping[str, tuple[Function, ...]]
    lines: Mapping[str, tuple[str, ...]]
    imports: Mapping[str, frozenset[str]]
    paths: Mapping[str, Path]

    @cached_property
    def findings(self) -> Findings:
        """What the linter says about every file; runs it when first asked."""
        return run_linter(self.paths)

    def walk(
        self, split: str, generator: np.random.Generator, *, shortest: int = 15, longest: int = 90
    ) -> Iterator[Function]:
        """The split's functions of ``shortest`` to ``longest`` estimated word pieces, at random, in rounds over files.

        Every file gives one function before any gives its next, so that no large file rules a small sample.
        """
        chosen = [f for f in self.splits[split] if shortest <= f.pieces <= longest]
        order = generator.permutation(len(chosen))
        taken: dict[str, int] = {}
        rounds: list[tuple[int, int]] = []
        for place in order:
            file = chosen[place].file
            rounds.append((taken.get(file, 0), int(place)))
            taken[file] = taken.get(file, 0) + 1
        # a stable sort keeps the random order inside a round
        return (chosen[place] for _, place in sorted(rounds, key=lambda item: item[0]))


def build_corpus(files: Sequence[SourceFile], shares: Mapping[str, float], seed: int) -> Corpus:
    """Parses ``files``, drops functions that occurred before, and gives every file to one split.

    Functions that differ in nothing but their name, strings and numbers count as the same.

    Args:
        files: Source files; those that do not parse are left out.
        shares: Part of the functions that each split should get.
        seed: Seed of the splits.

    Raises:
        InputError: If no function is found.
    """
    found: dict[str, list[Function]] = {}
    lines: dict[str, tuple[str, ...]] = {}
    imports: dict[str, frozenset[str]] = {}
    seen: set[str] = set()
    for file in files:
        parsed = _parse(file.data)
        if parsed is None:
            continue
        tree, text = parsed
        imports[file.name] = frozenset(_imported(tree))
        fresh = []
        for function in _functions(tree, file):
            key = _LITERAL.sub("", mask_name(function.text, function.name))
            if key not in seen:
                seen.add(key)
                fresh.append(function)
        if fresh:
            found[file.name] = fresh
            lines[file.name] = tuple(text.splitlines())
    if not found:
        raise InputError(f"Expected Python functions, but {len(files)} files hold none; give other folders.")
    packages = {name: functions[0].package for name, functions in found.items()}
    weights = {name: len(functions) for name, functions in found.items()}
    split_of = split_files(packages, weights, shares, seed)
    splits = {
        split: tuple(f for name, functions in found.items() if split_of[name] == split for f in functions)
        for split in shares
    }
    return Corpus(splits, lines, imports, {file.name: file.path for file in files if file.name in found})


def _parse(data: bytes) -> tuple[ast.Module, str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
            return ast.parse(text), text
        except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
            return None


def _imported(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names if alias.asname in (None, alias.name))


def _functions(tree: ast.Module, file: SourceFile) -> Iterator[Function]:
    stack: list[tuple[ast.stmt, str | None]] = [(statement, None) for statement in reversed(tree.body)]
    while stack:
        node, owner = stack.pop()
        if isinstance(node, ast.ClassDef):
            stack += [(statement, node.name) for statement in reversed(node.body)]
        elif is_function(node) and (node.end_lineno or node.lineno) - node.lineno < MOST_LINES:
            docstring = inspect.cleandoc(ast.get_docstring(node, clean=False) or "")
            decorators = tuple(unparse(decorator) for decorator in node.decorator_list)
            extent = (node.lineno, node.end_lineno or node.lineno)
            try:
                text = unparse(strip(node))
            except (RecursionError, ValueError):
                continue  # very deep expressions, and f-strings that have no other spelling
            yield Function(file.name, file.package, owner, node, docstring, decorators, extent, text)
