"""A run folder: settled once, resumed by the same command, refused to any other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cotrain.lock import FolderLock
from cotrain.run_folder import RunFolder
from cotrain.suite import LoadedSuite, load_suite, override
from tasks.errors import InputError
from tests.cotrain.samples import write_suite

MARKS = {"base_model": "m", "tasks.defect": "1", "tasks.clone": "2"}


@pytest.fixture
def suite(tmp_path: Path) -> LoadedSuite:
    (tmp_path / "suite").mkdir()
    return load_suite(write_suite(tmp_path / "suite"))


def settled(path: Path, suite: LoadedSuite, marks: dict[str, str] = MARKS) -> bool:
    with RunFolder(path) as folder:
        return folder.settle(suite, marks)


def test_the_resolved_settings_are_a_suite_of_their_own(tmp_path: Path, suite: LoadedSuite) -> None:
    assert not settled(tmp_path / "run", override(suite, {"budget.passes": 7}))
    again = load_suite(tmp_path / "run" / "suite.yaml")
    assert again.suite.budget.passes == 7
    assert again.suite.tasks["clone"].data == str(tmp_path / "suite" / "clones.csv")


def test_the_same_settings_resume(tmp_path: Path, suite: LoadedSuite) -> None:
    assert not settled(tmp_path / "run", suite)
    before = (tmp_path / "run" / "suite.yaml").read_bytes()
    assert settled(tmp_path / "run", suite)
    assert settled(tmp_path / "run", load_suite(tmp_path / "run" / "suite.yaml"))
    assert (tmp_path / "run" / "suite.yaml").read_bytes() == before


def test_a_folder_from_before_a_setting_resumes_at_its_default(tmp_path: Path, suite: LoadedSuite) -> None:
    settled(tmp_path / "run", suite)
    path = tmp_path / "run" / "suite.yaml"
    lines = path.read_text().splitlines(keepends=True)
    older = [line for line in lines if line.strip().split(":")[0] not in ("mixing", "weights", "aggregator", "weight")]
    assert len(older) == len(lines) - 6
    path.write_text("".join(older))
    assert settled(tmp_path / "run", suite)
    with pytest.raises(InputError, match=r"training.mixing: proportional in the run folder, equal now"):
        settled(tmp_path / "run", override(suite, {"training.mixing": "equal"}))


def test_data_that_moved_are_the_same_data(tmp_path: Path, suite: LoadedSuite) -> None:
    settled(tmp_path / "run", suite)
    (tmp_path / "elsewhere").mkdir()
    assert settled(tmp_path / "run", load_suite(write_suite(tmp_path / "elsewhere")))


def test_changed_settings_are_refused_with_the_difference(tmp_path: Path, suite: LoadedSuite) -> None:
    settled(tmp_path / "run", suite)
    expected = r"run: budget.passes: 3 in the run folder, 4 now; seed: 42 in the run folder, 1 now; name another folder"
    with pytest.raises(InputError, match=expected):
        settled(tmp_path / "run", override(suite, {"budget.passes": 4, "seed": 1}))


def test_settings_that_are_newer_than_the_run_are_at_their_defaults(tmp_path: Path, suite: LoadedSuite) -> None:
    settled(tmp_path / "run", suite)
    file = tmp_path / "run" / "suite.yaml"
    lines = file.read_text().splitlines(keepends=True)
    assert sum("rank_per_task" in line for line in lines) == 1
    file.write_text("".join(line for line in lines if "rank_per_task" not in line))
    assert settled(tmp_path / "run", suite)
    with pytest.raises(InputError, match=r"run: method.rank_per_task: False in the run folder, True now"):
        settled(tmp_path / "run", override(suite, {"method.rank_per_task": True}))


def test_changed_data_are_refused(tmp_path: Path, suite: LoadedSuite) -> None:
    settled(tmp_path / "run", suite)
    with pytest.raises(InputError, match=r"tasks.clone: its data are not those of the run folder any more; name anoth"):
        settled(tmp_path / "run", suite, MARKS | {"tasks.clone": "3"})


def test_a_suite_file_that_no_run_wrote_is_not_touched(suite: LoadedSuite) -> None:
    before = (suite.folder / "suite.yaml").read_bytes()
    with pytest.raises(InputError, match="not written by a run"):
        settled(suite.folder, suite)
    assert (suite.folder / "suite.yaml").read_bytes() == before


def test_a_run_killed_before_its_settings_were_written_starts_anew(tmp_path: Path, suite: LoadedSuite) -> None:
    settled(tmp_path / "run", suite)
    (tmp_path / "run" / "suite.yaml").unlink()
    assert not settled(tmp_path / "run", suite, MARKS | {"tasks.clone": "3"})
    assert settled(tmp_path / "run", suite, MARKS | {"tasks.clone": "3"})


@pytest.mark.parametrize("below", ["", "run"])
def test_a_file_in_the_way_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file.*--out"):
        RunFolder(tmp_path / "file" / below)


def test_a_folder_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cotrain.lock.os.open", refuse)  # root may write anywhere
    with pytest.raises(InputError, match="cannot write to this run folder: Permission denied; name another folder"):
        RunFolder(tmp_path / "run")


def test_a_second_driver_is_refused_until_the_first_dies(tmp_path: Path) -> None:
    hold = "import sys, time; from pathlib import Path; from cotrain.lock import FolderLock\n"
    hold += "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", hold, str(tmp_path / ".lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"process {other.pid} is working in this run folder"):
            FolderLock(tmp_path / ".lock", patience=0.0)
        other.kill()
    FolderLock(tmp_path / ".lock").release()


def test_worker_processes_do_not_keep_the_lock(tmp_path: Path) -> None:
    script = """
import os, sys, time
from pathlib import Path
from cotrain.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
if os.fork() == 0:
    print("forked", flush=True)
    time.sleep(2)
    os._exit(0)
time.sleep(60)
"""
    command = [sys.executable, "-c", script, str(tmp_path / ".lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
        other.wait()
        FolderLock(tmp_path / ".lock", patience=0.5).release()


def test_a_line_that_was_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        folder.log("started", tasks=2)
        with (tmp_path / "log.jsonl").open("a") as stream:
            stream.write('{"event": "cut o')
        folder.log("finished", gain=float("nan"))
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(lines[i])["event"] for i in (0, 2)] == ["started", "finished"]
    assert json.loads(lines[2])["gain"] is None


def test_looks_at_the_test_split_are_counted(tmp_path: Path) -> None:
    settings, tests = {"passes": 3}, {"a": "1", "b": "2"}
    with RunFolder(tmp_path) as folder:
        assert folder.open_test([["a"], ["b"]], settings=settings, tests=tests) == 1
        assert folder.open_test([["b"], ["a"]], settings=settings, tests=tests) == 1, "the same look, resumed"
        assert folder.open_test([["a", "b"]], settings=settings, tests=tests) == 2
    with RunFolder(tmp_path) as folder:
        assert folder.open_test([["a"], ["b"]], settings={"passes": 4}, tests=tests) == 3
        assert folder.open_test([["a"], ["b"]], settings=settings, tests=tests | {"b": "3"}) == 1, "other test data"
        assert folder.open_test([["a", "b"]], settings=settings, tests=tests) == 3


def test_files_appear_whole(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        path = folder.write_json("deep/result.json", {"value": float("inf"), "names": ("a", "b")})
    assert json.loads(path.read_text()) == {"value": None, "names": ["a", "b"]}
    assert [file.name for file in path.parent.iterdir()] == ["result.json"]
