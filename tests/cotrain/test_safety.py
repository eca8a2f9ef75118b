"""Files that mean harm: nothing is run, nothing is read out, nothing is written elsewhere."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from cotrain.app import main
from tests.cotrain.five_tasks import SUITE


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def told(suite: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """The one line with which a command ends."""
    assert main(["recommend", str(suite), "--out", str(suite.parent / "run"), "--workers", "1", *flags]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith("error: ")
    return said[-1]


@pytest.fixture
def own(suite: Path, tmp_path: Path) -> Path:
    """A copy of the suite with its data, to be changed."""
    shutil.copytree(suite.parent, tmp_path / "own", ignore=shutil.ignore_patterns("run", "hub"))
    return tmp_path / "own" / "suite.yaml"


def changed(own: Path, **fields: Any) -> Path:
    """With other fields of the task `same`."""
    plain = yaml.safe_load(SUITE)
    plain["tasks"]["same"] |= fields
    own.write_text(yaml.safe_dump(plain))
    return own


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors", "model.pt"])
def test_pickled_weights_are_not_unpickled(own: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    sign = own.parent / "exploded"
    for weights in (own.parent / "model").glob("*.safetensors"):
        weights.unlink()
    (own.parent / "model" / name).write_bytes(pickle.dumps(Bomb(sign)))
    line = told(own, capsys)
    assert "model" in line
    assert not sign.exists()


def test_pickled_data_are_not_unpickled(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sign = own.parent / "exploded"
    for name in ("same.pkl", "same.npy", "same.parquet"):
        (own.parent / name).write_bytes(pickle.dumps(Bomb(sign)))
        told(changed(own, data=name), capsys)
    assert not sign.exists()


@pytest.mark.parametrize("path", ["../../../../../../etc/passwd", "/etc/passwd"])
def test_what_another_file_holds_is_not_told(own: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = told(changed(own, data=path), capsys)
    assert "cannot read a `` file; expected .jsonl" in line
    assert "root:" not in line
    disguised = own.parent / "users.csv"
    disguised.symlink_to("/etc/passwd")
    line = told(changed(own, data="users.csv"), capsys)
    assert "root:" not in line


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "a/b", "..", "a\\b", "con:", "x\0y", "<img src=x>"])
def test_a_task_is_no_path(own: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain = yaml.safe_load(SUITE)
    plain["tasks"][name] = plain["tasks"].pop("same")
    own.write_text(json.dumps(plain))
    before = set(own.parents[1].rglob("*"))
    told(own, capsys)
    assert set(own.parents[1].rglob("*")) - before <= {own.parent / "run", own.parent / "run" / ".lock"}


def test_an_archive_is_not_unpacked(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(own.parent / "same.zip", "w") as archive:
        archive.writestr("../../slipped.csv", "left,right,same\na,b,1\n")
    assert "cannot read a `.zip` file" in told(changed(own, data="same.zip"), capsys)
    assert not list(own.parents[1].rglob("slipped.csv"))


def test_code_of_a_model_folder_is_not_run(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sign, folder = own.parent / "exploded", own.parent / "model"
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "unheard-of", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text(f"import pathlib\npathlib.Path({str(sign)!r}).touch()\n")
    told(own, capsys)
    assert not sign.exists()


def test_the_command_of_a_trainer_is_run_without_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = "cat; touch exploded $(touch exploded) `touch exploded` && touch exploded"
    assert main(["search", "--trainer", command, "--tasks", "a,b,c", "--models", "2", "--out", "run"]) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: ")
    assert not (tmp_path / "exploded").exists()
