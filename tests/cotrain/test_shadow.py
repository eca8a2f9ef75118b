"""Files of the user's that hide our packages."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cotrain.shadow import (
    LIBRARIES,
    PACKAGES,
    ROOT,
    active_shadows,
    hidden_library,
    possible_library_shadows,
    possible_shadows,
)


def start(folder: Path) -> subprocess.CompletedProcess[str]:
    """The command, as it starts in a folder whose files Python finds first."""
    script = "import sys; sys.path.insert(0, ''); from cotrain.app import main; sys.exit(main(['--version']))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_hides_our_packages_here() -> None:
    assert active_shadows() == []
    assert possible_shadows(ROOT) == []


@pytest.mark.parametrize("name", ["tasks", "reports"])
def test_a_users_module_ends_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("raise RuntimeError('not ours')")
    ended = start(tmp_path)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert f"{name}.py: Python imports this as `{name}`" in ended.stderr


def test_a_users_package_counts_and_a_folder_of_data_does_not(tmp_path: Path) -> None:
    (tmp_path / "trainers").mkdir()
    (tmp_path / "trainers" / "__init__.py").write_text("")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "train.jsonl").write_text("")
    assert [(shadow.name, shadow.found, shadow.active) for shadow in possible_shadows(tmp_path)] == [
        ("trainers", tmp_path / "trainers", False)
    ]
    assert f"{tmp_path / 'trainers'}: Python imports this" in start(tmp_path).stderr
    (tmp_path / "trainers" / "__init__.py").unlink()
    assert start(tmp_path).returncode == 0


def test_modules_of_other_places_are_shadows(tmp_path: Path) -> None:
    assert {shadow.name for shadow in active_shadows(root=tmp_path)} == set(PACKAGES)


def test_libraries_are_all_that_this_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [of for extra in ("hub", "bits", "gguf", "torchjd") for of in project["optional-dependencies"][extra]]
    named = {re.split(r"[^\w.-]", of)[0].lower() for of in [*project["dependencies"], *optional]}
    imported = {"scikit-learn": "sklearn", "pyyaml": "yaml"}
    assert {imported.get(name, name) for name in named} <= set(LIBRARIES)


def test_a_failure_names_the_file_that_hides_a_library(tmp_path: Path) -> None:
    """A user's file that does no harm is not spoken of."""
    (tmp_path / "numpy.py").write_text("")
    assert [(of.name, of.found) for of in possible_library_shadows(tmp_path)] == [("numpy", tmp_path / "numpy.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cotrain"]
    version = subprocess.run([*command, "--version"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert version.returncode == 0
    ended = subprocess.run(
        [*command, "plan", "s.yaml"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        f"error: {tmp_path / 'numpy.py'}: Python imports this as `numpy`, in place of the library of that name; "
        "rename it, or start in another folder"
    ]


def test_no_library_is_hidden_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "json.py").write_text("")  # Python's own is imported already
    assert hidden_library() is None


@pytest.mark.parametrize("interactive", [True, False])
def test_who_types_learns_it_from_the_import_others_from_the_first_use(tmp_path: Path, interactive: bool) -> None:
    (tmp_path / "tasks.py").write_text("")
    code = "import cotrain\nprint('imported')\ncotrain.recommend\n"
    command = [sys.executable, "-q", *(["-i"] if interactive else ["-c", code])]
    ended = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": f":{ROOT}", "TERM": "dumb"},
        input=code if interactive else None, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"\nImportError: {tmp_path / 'tasks.py'}: Python imports this as `tasks`, in place of" in ended.stderr
    assert ("NameError: name 'cotrain' is not defined" in ended.stderr) == interactive, "the import itself failed"
    assert ended.stdout == "imported\n"
