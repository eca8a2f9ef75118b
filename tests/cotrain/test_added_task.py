"""A new task for a finished search: the group that it joins, none, and what is refused."""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.cotrain.samples import run

OLD = ("a", "b", "c", "d")
KIN = {"a": 0, "b": 0, "c": 1, "d": 1}
ROOT = Path(__file__).parents[2]


def table(path: Path, tasks: Sequence[str], kin: dict[str, int]) -> str:
    """Each partner of one's own kind helps by 0.1, each other one hurts by as much; of kind -1 hurts all."""
    lines = ["subset,size," + ",".join(tasks)]
    for size in range(2, len(tasks) + 1):
        for group in combinations(tasks, size):
            gains = {t: sum(0.1 if kin[s] == kin[t] else -0.1 for s in group if s != t) / (size - 1) for t in group}
            cells = ",".join(f"{gains[t]:.6f}" if t in group else "" for t in tasks)
            lines.append(f"{'+'.join(group)},{size},{cells}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def finished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder of a search that found both kinds."""
    out = tmp_path / "found"
    old = table(tmp_path / "old.csv", OLD, KIN)
    code, _, err = run(
        capsys, "search", "--table", old, "--models", "8", "--adapters", "3", "--out", str(out), "--json"
    )
    assert (code, err) == (0, [])
    assert json.loads((out / "grouping.json").read_text())["groups"] == [["a", "b"], ["c", "d"]]
    return out


def added(capsys: pytest.CaptureFixture[str], out: Path, task: str, new: str, *flags: str) -> dict[str, Any]:
    code, text, err = run(capsys, "search", "--add", task, "--table", new, "--out", str(out), "--json", *flags)
    assert (code, err) == (0, [])
    found: dict[str, Any] = json.loads(text)
    assert json.loads((out / f"with-{task}.json").read_text()) == found
    return found


def test_it_joins_its_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    new = table(tmp_path / "new.csv", (*OLD, "e"), KIN | {"e": 1})
    found = added(capsys, finished, "e", new)
    assert found["groups"] == [["a", "b"], ["c", "d", "e"]]
    assert found["served_by"] == {"a": 0, "b": 0, "c": 1, "d": 1, "e": 1}
    assert found["models"] == 2, "only the two old groups with the new task"
    assert sorted(len(of["group"]) for of in found["asked"]) == [3, 3]
    assert found["value"] == pytest.approx(0.1 * 5)


def test_with_one_adapter_it_joins_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was trained before is no answer, so all tasks together are trained though something was."""
    old, out = table(tmp_path / "old.csv", OLD, KIN), tmp_path / "one"
    assert run(capsys, "search", "--table", old, "--adapters", "1", "--out", str(out), "--quiet")[0] == 0
    found = added(capsys, out, "e", table(tmp_path / "new.csv", (*OLD, "e"), KIN | {"e": 1}))
    assert (found["groups"], found["models"]) == ([[*OLD, "e"]], 1)


def test_a_confidence_ends_it_early(tmp_path: Path, capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    new = table(tmp_path / "new.csv", (*OLD, "e"), KIN | {"e": -1})
    assert added(capsys, finished, "e", new, "--confidence", "0.001")["stable"]
    assert not added(capsys, finished, "e", new)["stable"]


def test_it_stays_alone_where_it_hurts(tmp_path: Path, capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    new = table(tmp_path / "new.csv", (*OLD, "e"), KIN | {"e": -1})
    found = added(capsys, finished, "e", new)
    assert found["groups"] == [["a", "b"], ["c", "d"], ["e"]]
    assert found["value"] == pytest.approx(0.1 * 4)
    assert json.loads((finished / "grouping.json").read_text())["groups"] == [["a", "b"], ["c", "d"]]


def test_what_was_asked_for_the_new_task_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], finished: Path
) -> None:
    new = table(tmp_path / "new.csv", (*OLD, "e"), KIN | {"e": 0})
    assert added(capsys, finished, "e", new) == added(capsys, finished, "e", new)
    _, text, _ = run(capsys, "search", "--add", "e", "--table", new, "--out", str(finished), "--quiet")
    assert "2 of all in an earlier run" in text


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--add", "a", "--out", "found"], "`a` is one of the tasks of"),
        (["--add", "z", "--out", "found"], "no task `z` in"),
        (["--add", "e", "--out", "elsewhere"], "no finished search in this folder"),
        (["--add", "e"], "name its folder with --out"),
    ],
)
def test_refusals(
    flags: list[str],
    expected: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finished.name == "found"
    code, out, err = run(capsys, "search", "--table", table(tmp_path / "new.csv", (*OLD, "e"), KIN | {"e": 0}), *flags)
    assert (code, out, len(err)) == (2, "", 1)
    assert expected in err[0]


def test_the_readme_shows_what_the_search_finds(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text()
    command = "cotrain search --table docs/gains.csv --mode cover --adapters 3 --models 12"
    assert command in readme
    flags = command.replace("docs/gains.csv", str(ROOT / "docs" / "gains.csv")).split()[1:]
    code, out, _ = run(capsys, *flags, "--quiet")
    assert code == 0
    assert out.strip() in readme
