"""References of docstrings: to where a thing is documented; as plain text where it exists and has no entry.

Sphinx knows only what it documents. A name that is neither documented nor found in the code stays unresolved, and with
``nitpicky`` that fails the build.
"""

import ast
import builtins
import importlib
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
SOMEWHERE = object()
"""Stands for a thing that is known by its name alone."""


def find(target: str, module: str = "", owner: str = "") -> Any:
    """What a reference means, looked up as Python would: in the class and module that it stands in, then as a path.

    Returns:
        The object; of a name that is only defined somewhere in the packages, or imported there for annotations,
        :data:`SOMEWHERE`.

    Raises:
        LookupError: If there is no such thing.
    """
    places = [".".join(filter(None, parts)) for parts in ((module, owner, target), (module, target))]
    places += [re.sub(rf"^{short}\.", f"{name}.", target) for short, name in (("np", "numpy"), ("pd", "pandas"))]
    for place in places:
        found = _walk(place)
        if found is not None:
            return found
    if hasattr(builtins, target):
        return getattr(builtins, target)
    if target in _defined():
        return SOMEWHERE
    raise LookupError(target)


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
def _defined() -> set[str]:
    """Names that the packages' files define, or import for annotations."""
    found = set()
    for package in PACKAGES:
        home = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(home.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    found.add(node.name)
                elif isinstance(node, ast.ImportFrom):
                    found.update(name.asname or name.name for name in node.names)
                elif isinstance(node, ast.Assign):
                    found.update(at.id for at in node.targets if isinstance(at, ast.Name))
    return found


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Called by Sphinx for a reference to nothing that it documents under this name."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].partition("[")[0]  # of an annotation that stays text, what it begins with
    module, owner = node.get("py:module") or "", node.get("py:class") or ""
    try:
        found = find(target, module, owner)
    except LookupError:
        return None
    entries = env.domains.python_domain.objects
    alike = [name for name in entries if name.rpartition(".")[2] == target.rpartition(".")[2]]
    same = [name for name in alike if _walk(name) is found or (found is SOMEWHERE and len(alike) == 1)]
    if not same:
        return content
    entry = entries[same[0]]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, same[0])


def setup(app: Sphinx) -> None:
    """Registers the search, and loads what the packages load only when it is asked for."""
    for package in map(importlib.import_module, PACKAGES):
        for name in getattr(package, "__all__", ()):
            setattr(package, name, getattr(package, name))
    app.connect("missing-reference", resolve)
