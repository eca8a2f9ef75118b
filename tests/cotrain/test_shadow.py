"""Files of the user's that hide our packages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cotrain.shadow import PACKAGES, ROOT, active_shadows, possible_shadows


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
