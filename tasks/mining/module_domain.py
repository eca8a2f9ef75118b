"""What is the module for that is used here?"""

import ast
from collections.abc import Iterator

import numpy as np

from tasks.mining.corpus import Corpus, Function
from tasks.mining.normalise import mask, parameters, signature
from tasks.mining.recipe import Recipe, Row, example

DOMAINS: dict[str, tuple[str, ...]] = {
    "files": (
        "os",
        "io",
        "shutil",
        "tempfile",
        "stat",
        "glob",
        "fnmatch",
        "zipfile",
        "tarfile",
        "pathlib",
        "posixpath",
    ),
    "interpreter": ("sys", "types", "inspect", "ast", "gc", "dis", "marshal", "importlib", "imp", "builtins", "code"),
    "text": ("re", "codecs", "string", "textwrap", "tokenize", "locale", "html", "unicodedata", "struct", "binascii"),
    "network": ("socket", "ssl", "select", "selectors", "http", "urllib", "email", "ftplib", "smtplib", "socketserver"),
    "tasks": (
        "threading",
        "time",
        "signal",
        "subprocess",
        "asyncio",
        "concurrent",
        "multiprocessing",
        "queue",
        "sched",
    ),
    "reports": ("warnings", "logging", "traceback", "pprint", "argparse", "getopt", "optparse", "pdb", "unittest"),
}
"""Modules of the standard library by what they are for."""

DOMAIN_OF = {module: domain for domain, modules in DOMAINS.items() for module in modules}

MOST_LINES = 3
"""Lines with a use that are shown."""


def uses(function: Function, imported: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Modules of :data:`DOMAINS` whose attributes the function reads, with the signature and the lines that read them.

    Args:
        imported: Modules that the file imports under their own name. A local name hides a module.
    """
    known = {module for module in imported if module in DOMAIN_OF and f"{module}." in function.text}
    if not known:
        return
    hidden = {argument.arg for argument in parameters(function.node)}
    read: set[str] = set()
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            hidden.add(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
            read.add(node.value.id)
    body = function.text.splitlines()[1:]
    for module in sorted(read - hidden):
        lines = ["    " + line.strip() for line in body if f"{module}." in line][:MOST_LINES]
        yield module, "\n".join([signature(function.node), *lines])


def examples(corpus: Corpus, split: str, generator: np.random.Generator) -> Iterator[Row]:
    """Uses of modules; the module's name is masked wherever it occurs in the text."""
    for function in corpus.walk(split, generator, longest=400):
        for module, text in uses(function, corpus.imports[function.file]):
            yield example(function, code=mask(text, [module]), domain=DOMAIN_OF[module])


RECIPE = Recipe(
    name="module_domain",
    description="What the module that a function uses is for: files, interpreter, text, network, threads and time, or "
    "reports; its name is masked, the names of its attributes are shown. Balanced over those that occur often enough.",
    fields={
        "text": "code",
        "label": "domain",
        "kind": "multiclass",
        "metric": "accuracy",
        "instruction": "What is the masked module of this Python function for?",
    },
    examples=examples,
    classes=6,
)
