"""A user's own ``tasks.py`` or ``random.py`` that Python would import, or imports, in place of ours or a library.

Needs the standard library alone: when ``tasks`` is shadowed, nothing else of this project can be imported.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.machinery import FrozenImporter, ModuleSpec
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("tasks", "trainers", "affinity", "grouping", "reports", "cotrain")
"""The import packages of this project; each is a top-level name."""

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds the installed packages."""

LIBRARIES = (
    "accelerate", "alembic", "bitsandbytes", "click", "datasets", "filelock", "gguf", "huggingface_hub", "jinja2",
    "joblib", "markdown_it", "markupsafe", "matplotlib", "numpy", "optuna", "packaging", "pandas", "peft", "PIL",
    "pyarrow", "pydantic", "pydantic_core", "pygments", "regex", "requests", "rich", "safetensors", "scipy",
    "shellingham", "sklearn", "sqlalchemy", "threadpoolctl", "tokenizers", "torch", "torchjd", "tqdm", "transformers",
    "typer", "typing_extensions", "yaml",
)  # fmt: skip
"""Import names of what this project stands on, and of what that stands on."""

UNUSED = ("antigravity", "idlelib", "test", "this", "turtle", "turtledemo")
"""Modules of Python that no library imports: a user's ``test.py`` does no harm."""


@dataclass(frozen=True)
class Shadow:
    """A package of ours, or a library, that another file stands in front of.

    Args:
        name: The package, one of :data:`PACKAGES` or a library.
        found: The file or folder that has its name.
        active: True when Python imports ``found`` now; False when it would in a notebook or script in that folder.
        hidden: What is hidden; empty for a package of ours.
    """

    name: str
    found: Path
    active: bool
    hidden: str = ""

    def __str__(self) -> str:
        if self.active:
            hidden = self.hidden or f"cotrain's own package in {ROOT}"
            return (
                f"{self.found}: Python imports this as `{self.name}`, in place of {hidden}; "
                "rename it, or start in another folder"
            )
        hidden = self.hidden or "cotrain's package"
        return f"{self.found}: would hide {hidden} `{self.name}` in a notebook or script of that folder"


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


def _whole(place: Path) -> Path:
    """The folder of a package, or the file of a module."""
    return place.parent if place.name == "__init__.py" else place


def active_shadows(packages: tuple[str, ...] = PACKAGES, *, root: Path = ROOT) -> list[Shadow]:
    """Packages that Python takes from somewhere else than ``root``; empty when all is well."""
    shadows = []
    for name in packages:
        place = _imported(name)
        if place is not None and not place.resolve().is_relative_to(root / name):
            shadows.append(Shadow(name, _whole(place), active=True))
    return shadows


def _modules(folder: Path, names: Iterable[str]) -> list[tuple[str, Path]]:
    """Which of ``names`` a folder has as a module or a regular package: a folder without ``__init__.py`` hides nothing,
    as regular packages win over it."""
    files = [(name, file) for name in names for file in (folder / f"{name}.py", folder / name / "__init__.py")]
    return [(name, _whole(file)) for name, file in files if file.is_file()]


def possible_shadows(folder: Path, packages: tuple[str, ...] = PACKAGES, *, root: Path = ROOT) -> list[Shadow]:
    """Files in ``folder`` that would be imported in place of ours by code that runs in that folder."""
    if folder.resolve() == root:
        return []
    return [Shadow(name, found, active=False) for name, found in _modules(folder, packages)]


def possible_library_shadows(folder: Path) -> list[Shadow]:
    """The same for Python's own modules and for the libraries that this project stands on.

    Built-in and frozen modules of Python cannot be hidden.
    """
    own = {
        name
        for name in sys.stdlib_module_names
        if name not in sys.builtin_module_names and name not in UNUSED and FrozenImporter.find_spec(name) is None
    }
    return [
        Shadow(name, found, active=False, hidden="Python's own module" if name in own else "the library")
        for name, found in _modules(folder, sorted(own.union(LIBRARIES)))
    ]


def hidden_library() -> Shadow | None:
    """The first module of Python, or library, that is or would be taken from the working folder; None when none is.

    For after a failure: most such files do no harm.
    """
    try:
        here = Path.cwd()
    except OSError:  # it was removed
        return None
    if not any(Path(place or ".").resolve() == here.resolve() for place in sys.path):
        return None
    for shadow in possible_library_shadows(here):
        module = sys.modules.get(shadow.name)
        file = getattr(module, "__file__", None)
        if module is None or (file is not None and _whole(Path(file)).resolve() == shadow.found.resolve()):
            hidden = f"{shadow.hidden} of that name"
            return Shadow(shadow.name, shadow.found, active=True, hidden=hidden)
    return None
