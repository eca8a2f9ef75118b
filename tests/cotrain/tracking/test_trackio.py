"""Trackio, where it is installed: its local store, read back by its own storage."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cotrain.tracking.tracked import STATE
from tests.cotrain.tracking.contract import Seen, Told, TrackerContract, rows

if importlib.util.find_spec("trackio") is None:  # importing it would choose its folder
    pytest.skip("trackio is not installed", allow_module_level=True)


def forget() -> None:
    """Its folder is chosen when it is imported."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "trackio"]:
        del sys.modules[name]


class TestTrackio(TrackerContract):
    name = "trackio"

    @classmethod
    def environment(cls, folder: Path) -> dict[str, str]:
        forget()
        return {"TRACKIO_DIR": str(folder / "trackio"), "HF_HUB_OFFLINE": "1"}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def forgotten(cls, told: Told) -> Iterator[None]:
        yield
        forget()

    def test_no_run_stays_open_to_print_at_the_end(self, told: Told) -> None:
        from trackio import context_vars

        assert context_vars.current_run.get() is None

    @classmethod
    def read(cls, folder: Path, run: Path) -> Seen:
        from trackio.sqlite_storage import SQLiteStorage

        whole = json.loads((run / STATE).read_text())["trackers"]["trackio"]["run"]
        assert whole.startswith("run-")
        names = SQLiteStorage.get_runs("cotrain")
        logged = {name: SQLiteStorage.get_logs("cotrain", name) for name in names}
        seen = Seen(settings={}, runs=[name for name in names if name != whole])
        seen.curves = {
            (name, loss): [row[loss] for row in logged[name] if loss in row]
            for name in seen.runs
            for loss in {key for row in logged[name] for key in row if "loss" in key}
        }
        rows_of = logged[whole]
        values = {key: value for row in rows_of for key, value in row.items()}
        seen.settings = rows(values["settings"]["_value"])
        assert SQLiteStorage.get_run_config("cotrain", whole)["seed"] == 42
        seen.spent = [row["spent/seconds"] for row in rows_of if "spent/seconds" in row]
        seen.affinities = str(values["affinities"]["_value"])
        seen.figures = {name.removeprefix("summary/"): of for name, of in values.items() if name.startswith("summary/")}
        seen.words = rows(values["answer"]["_value"])
        seen.pictures = {name.removeprefix("figures/") for name in values if name.startswith("figures/")}
        blobs = [path.read_text() for path in (folder / "trackio" / "artifacts").rglob("*") if path.is_file()]
        seen.report = next(text for text in blobs if text.startswith("<html"))
        return seen
