"""Weights & Biases, where it is installed: the offline files of its runs, read record by record."""

import importlib.util
import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cotrain.tracking.flat import flat
from cotrain.tracking.tracked import STATE, check_trackers
from cotrain.tracking.wandb import WandB
from tasks.errors import InputError
from tests.cotrain.tracking.contract import Seen, Told, TrackerContract

if importlib.util.find_spec("wandb") is None:
    pytest.skip("wandb is not installed", allow_module_level=True)

BLOCK = 32768
"""Bytes of a block; a record does not begin where its head does not fit."""


def records(path: Path) -> Iterator[Any]:
    """The records of a file of wandb: after 7 bytes, heads of checksum, length and kind, as in a log of LevelDB."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, part = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        part, at = part + data[at + 7 : at + 7 + length], at + 7 + length
        if kind in (1, 4):  # whole, or the last part
            record = Record()
            record.ParseFromString(part)
            part = b""
            yield record


def written(path: Path) -> list[Any]:
    """All records, once the last one is there: a process of wandb's own writes them, also after the run has ended."""
    for _ in range(600):
        found = list(records(path))
        if found and found[-1].WhichOneof("record_type") == "exit":
            return found
        time.sleep(0.05)
    raise AssertionError(f"{path} has no end")


def items(found: Any) -> dict[str, Any]:
    """Keys, nested ones with slashes, and values."""
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in found}


class TestWandB(TrackerContract):
    name = "wandb"
    knows_its_store = False
    apart = 1.1  # its folders are named by the second

    @classmethod
    def environment(cls, folder: Path) -> dict[str, str]:
        names = ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR")
        return {**dict.fromkeys(names, str(folder)), "WANDB_MODE": "offline"}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def torn_down(cls, told: Told) -> Iterator[None]:
        import wandb

        yield
        wandb.teardown()

    @classmethod
    def read(cls, folder: Path, run: Path) -> Seen:
        seen, summary = Seen(curves={}, settings={}), {}
        settings: dict[str, Any] = {}
        curves: dict[tuple[str, str], list[float]] = {}
        identity = json.loads((run / STATE).read_text())["trackers"]["wandb"]["run"]
        paths = sorted((folder / "wandb").glob(f"offline-run-*-{identity}/*.wandb"))
        for path in paths:
            for record in written(path):
                kind = record.WhichOneof("record_type")
                if kind == "run":
                    assert (record.run.project, record.run.display_name) == ("cotrain", "run")
                    settings |= items(record.run.config.update)
                elif kind == "history":
                    row = items(record.history.item)
                    seen.spent += [row["spent/seconds"]] if "spent/seconds" in row else []
                    for key, value in row.items():
                        if key.endswith("_loss"):
                            task, name, loss = key.split("/")
                            curves.setdefault((name, f"{loss}/{task}"), []).append(value)
                elif kind == "summary":
                    summary |= items(record.summary.update)
                elif kind == "artifact" and record.artifact.type == "report":
                    (entry,) = record.artifact.manifest.contents
                    seen.report = Path(entry.local_path).read_text()
        tables = [table for path in paths for table in (path.parent / "files").rglob("affinities*.json")]
        images = [image for path in paths for image in (path.parent / "files").rglob("figures/*.png")]
        seen.settings = {name: str(value) for name, value in flat(settings).items()}
        seen.curves, seen.runs = curves, sorted({name for name, _ in curves})
        assert all(len(of) <= 3 for of in curves.values()), "a run was told twice"
        seen.affinities = tables[0].read_text() if tables else ""
        seen.figures = seen.words = summary
        seen.pictures = {image.name.partition("_")[0] for image in images}
        return seen


def test_nobody_logged_in_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setattr(wandb, "login", lambda **_: False)
    with pytest.raises(InputError, match=r"report_to: `wandb`: nobody is logged in to it; run `wandb login`, or set"):
        check_trackers(["wandb"])
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert WandB.refusal() is None
