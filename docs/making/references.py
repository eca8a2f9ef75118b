"""References of docstrings: to where a thing is documented; as plain text where it exists and has no entry.

Sphinx knows only what it documents. A name that is neither documented nor can be found in the code stays unresolved, and
with ``nitpicky`` that fails the build.
"""

import ast
import builtins
import importlib
import inspect
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

PACKAGES = ("cotrain", "tasks", "trainers", "affinity", "grouping", "reports")
"""Whose modules are searched for names that stand in annotations alone."""
OWN_LETTERS = {"T", "Any", "Self"}
"""Names of annotations that no module holds."""


def find(target: str, module: str = "", owner: str = "") -> Any:
    """What a reference means, looked up as Python would: in the class and module that it stands in, then as a path.

    Raises:
        LookupError: If there is no such thing.
    """
    for start in filter(None, (f"{module}.{owner}" if owner else "", module)):
        found = _walk(f"{start}.{target}")
        if found is not None:
            return found
    found = _walk(re.sub(r"^np\.", "numpy.", target))
    found = getattr(builtins, target, None) if found is None else found
    if found is None and "." not in target:
        found = _annotated().get(target)
    if found is None:
        raise LookupError(target)
    return found


def _walk(path: str) -> Any:
    """The object at a dotted path, a field of a dataclass among them; None if there is none."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        try:
            found: Any = sys.modules.get(name) or importlib.import_module(name)
        except ImportError:
            continue
        for at, part in enumerate(parts[end:], start=end):
            if not hasattr(found, part):
                last = at == len(parts) - 1
                return path if last and part in getattr(found, "__dataclass_fields__", {}) else None
            found = getattr(found, part)
        return found
    return None


@cache
def _annotated() -> dict[str, Any]:
    """Classes and functions of the packages by their name alone, and what their files import for annotations."""
    found: dict[str, Any] = {}
    for package in PACKAGES:
        home = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(home.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    found.setdefault(node.name, f"{path}:{node.lineno}")
                elif isinstance(node, ast.ImportFrom):
                    for name in node.names:
                        found.setdefault(name.asname or name.name, f"{node.module}.{name.name}")
                elif isinstance(node, ast.Assign):
                    for at in node.targets:
                        if isinstance(at, ast.Name):
                            found.setdefault(at.id, f"{path}:{node.lineno}")
    return found


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Called by Sphinx for a reference to nothing that it documents under this name."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].partition("[")[0]  # of an annotation that stays text, what it begins with
    module, owner = node.get("py:module") or "", node.get("py:class") or ""
    if target in OWN_LETTERS:
        return content
    try:
        found = find(target, module, owner)
    except LookupError:
        return None
    return _documented(app, env, node, found, content) or content


def _documented(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, found: Any, content: nodes.TextElement
) -> nodes.Node | None:
    """A link to the entry of the same object under another name."""
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        return None
    for name, entry in env.domains.python_domain.objects.items():
        if name.rpartition(".")[2] == found.__name__ and _walk(name) is found:
            start = node["refdoc"]
            return make_refnode(app.builder, start, entry.docname, entry.node_id, content, name)
    return None


def setup(app: Sphinx) -> None:
    """Registers the search, and loads what the packages load only when it is asked for."""
    for package in map(importlib.import_module, PACKAGES):
        for name in getattr(package, "__all__", ()):
            setattr(package, name, getattr(package, name))
    app.connect("missing-reference", resolve)
