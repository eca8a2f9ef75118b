"""A user's own ``tasks.py`` or ``reports/`` that Python would import, or imports, in place of ours.

Needs the standard library alone: when ``tasks`` is shadowed, nothing else of this project can be imported.
"""

import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("tasks", "trainers", "affinity", "grouping", "reports", "cotrain")
"""The import packages of this project; each is a top-level name."""

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds the installed packages."""


@dataclass(frozen=True)
class Shadow:
    """A package of ours that another file stands in front of.

    Args:
        name: The package, one of :data:`PACKAGES`.
        found: The file or folder that has its name.
        active: True when Python imports ``found`` now; False when it would in a notebook or script in that folder.
    """

    name: str
    found: Path
    active: bool

    def __str__(self) -> str:
        if self.active:
            return (
                f"{self.found}: Python imports this as `{self.name}`, in place of cotrain's own package in {ROOT}; "
                "rename it, or start in another folder"
            )
        return f"{self.found}: would hide cotrain's package `{self.name}` in a notebook or script of that folder"


def _location(spec: ModuleSpec) -> Path | None:
    if spec.origin is not None and spec.origin not in ("built-in", "frozen", "namespace"):
        return Path(spec.origin)
    return next((Path(place) for place in spec.submodule_search_locations or ()), None)


def _imported(name: str) -> Path | None:
    """Where Python takes ``name`` from, without importing it; None where it finds nothing."""
    module = sys.modules.get(name)
    if module is not None:
        file = getattr(module, "__file__", None)
        return Path(file) if file else next((Path(place) for place in getattr(module, "__path__", ())), None)
    spec = find_spec(name)
    return _location(spec) if spec is not None else None


def active_shadows(packages: tuple[str, ...] = PACKAGES, *, root: Path = ROOT) -> list[Shadow]:
    """Packages that Python takes from somewhere else than ``root``; empty when all is well."""
    shadows = []
    for name in packages:
        place = _imported(name)
        if place is not None and not place.resolve().is_relative_to(root / name):
            found = place.parent if place.name == "__init__.py" else place
            shadows.append(Shadow(name, found, active=True))
    return shadows


def possible_shadows(folder: Path, packages: tuple[str, ...] = PACKAGES, *, root: Path = ROOT) -> list[Shadow]:
    """Files in ``folder`` that would be imported in place of ours by code that runs in that folder.

    A folder without ``__init__.py`` hides nothing: regular packages win over it.
    """
    if folder.resolve() == root:
        return []
    files = [(name, file) for name in packages for file in (folder / f"{name}.py", folder / name / "__init__.py")]
    return [
        Shadow(name, file.parent if file.name == "__init__.py" else file, active=False)
        for name, file in files
        if file.is_file()
    ]
