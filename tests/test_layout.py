"""The shape of the repository: imports go one way, files stay small, nothing unsafe is loaded."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from setuptools import find_packages

ROOT = Path(__file__).parents[1]

ORDER = ("cotrain", "reports", "grouping", "affinity", "trainers", "tasks")
"""A package imports from itself and from those to its right."""

LONGEST = 400
"""Lines of a file."""

WORDS = 40
"""Words from which a package's docstring explains something."""

FOLDERS = sorted(
    {path.parent for package in ORDER for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts}
)
"""Every folder with Python files."""

MODULES = sorted(path for folder in FOLDERS for path in folder.glob("*.py"))
"""Every Python file of the packages."""

UNSAFE = {
    "pickle": re.compile(r"\bpickle\.(load|loads|Unpickler)\b|\bfrom pickle import"),
    "torch.load": re.compile(r"\btorch\.load\("),
    "remote code": re.compile(r"trust_remote_code\s*=\s*True"),
    "shell": re.compile(r"shell\s*=\s*True|\bos\.system\("),
    "yaml": re.compile(
        r"\byaml\.(load|load_all)\((?![^()]*Loader=)|\byaml\.(unsafe|full)_load|\byaml\.(C|Full|Unsafe|CUnsafe)?Loader\b"
    ),
    "eval": re.compile(r"(?<![\w.])(eval|exec)\("),
    "unpickled arrays": re.compile(r"allow_pickle\s*=\s*True|\bjoblib\.load\("),
}
"""What turns a user's file into code."""


def name_of(path: Path) -> str:
    """A path below the root, for messages."""
    return str(path.relative_to(ROOT))


def imported_packages(source: str, package: str) -> Iterator[str]:
    """First parts of every imported name, inside functions and under ``TYPE_CHECKING`` too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield package if node.level else (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}:
            yield from (
                str(name.value).partition(".")[0] or package for name in node.args if isinstance(name, ast.Constant)
            )


def wrong_way(source: str, package: str) -> set[str]:
    """Packages that ``package`` must not import but does."""
    return set(imported_packages(source, package)) & set(ORDER[: ORDER.index(package)])


def test_imports_go_one_way() -> None:
    wrong = {
        name_of(path): wrong_way(path.read_text(encoding="utf-8"), path.relative_to(ROOT).parts[0]) for path in MODULES
    }
    assert {name: packages for name, packages in wrong.items() if packages} == {}


@pytest.mark.parametrize(
    ("source", "package", "found"),
    [
        ("import trainers.loop", "tasks", {"trainers"}),
        ("def f():\n    from affinity.matrix import AffinityMatrix", "trainers", {"affinity"}),
        ("if TYPE_CHECKING:\n    import cotrain as c", "reports", {"cotrain"}),
        ("import importlib\nimportlib.import_module('grouping.loop')", "affinity", {"grouping"}),
        ("from tasks import Task\nfrom . import x\nimport numpy", "trainers", set()),
    ],
)
def test_the_wrong_way_is_seen(source: str, package: str, found: set[str]) -> None:
    assert wrong_way(source, package) == found


@pytest.mark.parametrize(
    "module", ["grouping", "reports", "affinity.matrix", "affinity", "trainers", "tasks", "cotrain"]
)
def test_importing_needs_no_torch(module: str) -> None:
    code = f"import {module}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_no_module_of_grouping_and_reports_needs_torch() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
        if path.relative_to(ROOT).parts[0] in {"grouping", "reports"}
    ]
    code = f"import sys\nimport {', '.join(names)}\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_every_package_explains_itself(folder: Path) -> None:
    start = folder / "__init__.py"
    assert start.exists()
    docstring = ast.get_docstring(ast.parse(start.read_text(encoding="utf-8"))) or ""
    assert len(docstring.split()) >= (WORDS if folder.parent == ROOT else 8)


def test_nothing_of_a_users_file_is_run() -> None:
    sources = {name_of(path): path.read_text(encoding="utf-8") for path in MODULES}
    assert [(name, what) for name, source in sources.items() for what in unsafe(source)] == []


def unsafe(source: str) -> set[str]:
    """What of :data:`UNSAFE` stands in a file."""
    return {what for what, pattern in UNSAFE.items() if pattern.search(source)}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("pickle.load(file)", "pickle"),
        ("torch.load(path)", "torch.load"),
        ("AutoModel.from_pretrained(x, trust_remote_code = True)", "remote code"),
        ("subprocess.run(x, shell=True)", "shell"),
        ("yaml.load(text)", "yaml"),
        ("yaml.load(text, Loader=yaml.UnsafeLoader)", "yaml"),
        ("eval(text)", "eval"),
        ("np.load(path, allow_pickle=True)", "unpickled arrays"),
    ],
)
def test_unsafe_lines_are_seen(line: str, what: str) -> None:
    assert unsafe(line) == {what}


def test_safe_lines_pass() -> None:
    lines = ("model.eval()", "yaml.safe_load(text)", "yaml.load(text, Loader=_Loader)", "regex.exec_(x)", "import yaml")
    assert all(unsafe(line) == set() for line in lines)


def test_no_file_is_long() -> None:
    files = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_tests_are_packages_and_shadow_none() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_wheel_holds_every_folder() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    finder = settings["packages"]["find"]
    found = set(find_packages(str(ROOT), include=finder["include"], exclude=finder["exclude"]))
    assert found == {".".join(folder.relative_to(ROOT).parts) for folder in FOLDERS}
    assert all((ROOT / package / "py.typed").exists() for package in ORDER)


def test_data_files_go_into_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]
    for package in ORDER:
        listed = {ROOT / package / "py.typed"}
        for pattern in patterns.get(package, []):
            listed |= set((ROOT / package).glob(pattern))
        data = {
            path
            for path in (ROOT / package).rglob("*")
            if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
        }
        assert data <= listed


def test_every_requirement_has_an_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    exact = {plain(line.partition("==")[0]) for line in lines}
    wanted = [*project["dependencies"], *extras["demo"], *extras["test"], *extras["docs"]]
    assert {plain(re.split(r"[^\w.-]", requirement)[0]) for requirement in wanted} <= exact
    assert lines == sorted(lines, key=lambda line: plain(line.partition("==")[0]))


def plain(name: str) -> str:
    """A distribution's name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
