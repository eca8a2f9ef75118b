"""In Jupyter itself: the tour from its first cell to its last, and a file that hides a package."""

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from cotrain.shadow import PACKAGES, ROOT

TOUR = ROOT / "docs" / "examples" / "tour.ipynb"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages where pip puts them: notebooks look into their own folder first, and there next."""
    site = tmp_path / "installed" / "site-packages"
    site.mkdir(parents=True)
    for package in PACKAGES:
        (site / package).symlink_to(ROOT / package)
    monkeypatch.setenv("PYTHONPATH", os.fspath(site))


def executed(notebook: Any, folder: Path, *, allow_errors: bool = False) -> list[Any]:
    """Outputs of every cell with code."""
    client = NotebookClient(
        notebook, timeout=300, allow_errors=allow_errors, resources={"metadata": {"path": os.fspath(folder)}}
    )
    client.execute()
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.usefixtures("installed")
def test_the_import_names_the_file_that_hides_a_package(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import cotrain")])
    ((error,),) = executed(notebook, tmp_path, allow_errors=True)
    assert error.ename == "ImportError"
    assert error.evalue.startswith(f"{tmp_path / 'tasks.py'}: Python imports this as `tasks`, in place of")


@pytest.mark.usefixtures("installed")
def test_the_tour_goes_to_its_end() -> None:
    notebook = nbformat.read(TOUR, as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code"), "outputs are not committed"
    outputs = [output for of in executed(notebook, TOUR.parent) for output in of]
    assert {of.output_type for of in outputs} <= {"display_data", "execute_result", "stream"}
    assert [of.text for of in outputs if of.get("name") == "stderr"] == []
    shown = [of.data["text/html"] for of in outputs if of.output_type == "display_data"]
    assert len(shown) == 2, "one output per function that shows its progress"
    assert "probe runs" in shown[1]
    assert "validation" in shown[1]
    tables = [of.data.get("text/html", "") for of in outputs if of.output_type == "execute_result"]
    assert sum("<table" in html for html in tables) == len(tables) - 1, "all but the last, which predicts"
    assert "'label': " in outputs[-1].data["text/plain"]
