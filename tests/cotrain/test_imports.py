"""What answers at once imports little."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import cotrain

HEAVY = ("torch", "transformers", "peft", "optuna", "pandas", "matplotlib", "sklearn", "scipy")


def imported(code: str) -> set[str]:
    """Heavy packages that a fresh interpreter has imported after ``code``."""
    tell = f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]), file=sys.stderr)"
    script = f"import json, sys\n{code}\n{tell}"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(ended.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import cotrain.app, cotrain.command_line",
        "from cotrain.app import main; main(['--help'])",
        "from cotrain.app import main; main(['recommend', '--help'])",
        "from cotrain.app import main; main(['--version'])",
    ],
)
def test_help_needs_nothing_heavy(code: str) -> None:
    assert imported(code) == set()


def test_help_needs_none_of_the_libraries_of_data_either() -> None:
    code = "from cotrain.app import main; main(['--help'])"
    ended = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True)
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "typer" in names
    assert not names & {*HEAVY, "numpy", "pydantic", "pyarrow", "yaml", "jinja2"}


@pytest.mark.parametrize("module", ["cotrain.suite", "cotrain.schema", "cotrain.run_folder", "cotrain.progress"])
def test_settings_and_folders_need_no_torch(module: str) -> None:
    assert imported(f"import {module}") <= {"scipy"}


def test_a_given_matrix_is_drawn_without_torch(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(",a,b,c\na,0,.1,0\nb,.2,0,0\nc,.1,.1,0\n")
    code = (
        "from cotrain.app import main\n"
        f"assert main(['heatmap', '--from', {str(tmp_path / 'm.csv')!r}, '--out', {str(tmp_path)!r}]) == 0"
    )
    assert "torch" not in imported(code)


def test_no_module_hides_a_function_of_its_name() -> None:
    """Importing ``cotrain.x`` sets ``cotrain.x`` to the module, whatever the package gives under that name."""
    modules = {file.stem for file in Path(cotrain.__file__).parent.iterdir()}
    assert not modules & set(cotrain.__all__)
