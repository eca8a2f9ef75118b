"""``cotrain init --data``: a suite for the files of a folder, which can be audited as it stands."""

import json
from pathlib import Path

import pytest

from cotrain.load_tasks import load_tasks
from cotrain.suite import load_suite
from tests.cotrain.samples import WORDS, jsonl, rows, run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A task by splits, a pair, one whose rows cannot be split, and one that leaves its label open."""
    folder = tmp_path / "data"
    (folder / "defect").mkdir(parents=True)
    for split, count, start in (("train", 40, 0), ("valid", 32, 100), ("test", 24, 200)):
        jsonl(folder / "defect" / f"{split}.jsonl", rows(count, start=start))
    pairs = [f"def {WORDS[i % 8]}_{i}(),def {WORDS[(i + i % 3) % 8]}_{i + 500}(),{i % 2}" for i in range(120)]
    (folder / "clones.csv").write_text("\n".join(["left,right,is_clone", *pairs]) + "\n")
    jsonl(folder / "few.jsonl", rows(4))
    jsonl(folder / "open.jsonl", [row | {"slow": i % 3} for i, row in enumerate(rows(40, start=300))])
    return folder


def open_label(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "open.jsonl").read_text().splitlines()]
    jsonl(folder / "open.jsonl", [{"other": line.pop("target"), **line} for line in lines])


def test_the_suite_is_read_as_it_stands(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    open_label(data)
    (data / "few.jsonl").unlink()
    code, out, told = run(capsys, "init", "--data", "data")
    assert (code, told) == (0, [])
    assert out.splitlines() == [
        "wrote suite.yaml, with 2 tasks; see in it whether the columns are right:",
        "  clones: binary, accuracy; 72 train, 24 validation, 24 test rows",
        "  defect: binary, accuracy; 40 train, 32 validation, 24 test rows",
        "left out: data/open.jsonl: any of other, slow could be the label; name one in an entry of your own",
        "then run `cotrain audit suite.yaml`, and `cotrain recommend suite.yaml`",
    ]
    loaded = load_suite(Path("suite.yaml"))
    tasks = load_tasks(loaded)
    assert (loaded.suite.tasks["clones"].text, loaded.suite.tasks["clones"].label) == (("left", "right"), "is_clone")
    assert len(tasks["defect"].splits["test"].targets) == 24
    assert "# apart: [[clones, defect]]" in Path("suite.yaml").read_text()


def test_what_cannot_be_read_yet_is_written_and_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "init", str(tmp_path / "deep.yaml"), "--data", str(data), "--json")
    assert code == 0
    content = json.loads(out)
    assert sorted(content["tasks"]) == ["clones", "defect", "few", "open"]
    assert not content["tasks"]["few"]["readable"]
    assert content["tasks"]["open"]["entry"]["label"] == "target"  # its name decides
    assert "    # cannot be read yet: " in (tmp_path / "deep.yaml").read_text()
    assert load_suite(tmp_path / "deep.yaml").suite.tasks["few"].data == "data/few.jsonl"


def test_bad_folders_end_in_one_line(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "suite.yaml"
    assert run(capsys, "init", str(path), "--data", str(tmp_path / "none")) == (
        2, "", [f"error: {tmp_path / 'none'}: there is no such folder"],
    )  # fmt: skip
    code, _, told = run(capsys, "init", str(path), "--data", str(data / "defect"))
    assert code == 2
    assert told == [f"error: {data / 'defect'}: one task, defect, was found in it, expected two or more"]
    assert not path.exists()
    path.write_text("mine")
    code, _, told = run(capsys, "init", str(path), "--data", str(data))
    assert (code, path.read_text()) == (2, "mine")
    assert "--force" in told[0]
    assert "`--data`" in run(capsys, "init", str(data))[2][0]
