from pathlib import Path

import pytest

from tasks.errors import InputError
from tasks.mining import findings
from tasks.mining.findings import run_linter
from tests.tasks.mining.snippets import candidates, corpus_of

SOURCE = """import subprocess

def run(self, command, event):
    try:
        return subprocess.call(command, shell=True)
    except:  # noqa
        raise OSError('%s failed' % command)

def plain(value, other):
    total = value.first(other) + value.second(other) + value.third(other)
    return total * value.factor
"""


def test_findings_by_line_and_noqa_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    found = run_linter({"a.py": path})["a.py"]
    assert list(found) == sorted(found)
    assert {(3, "ARG001"), (5, "S602"), (6, "E722"), (7, "B904"), (7, "UP031")} <= set(found)
    assert all(line < 9 or rule == "RET504" for line, rule in found)


def test_settings_next_to_the_file_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('exclude = ["a.py"]\n[lint]\nignore = ["E722"]\n')
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    assert (6, "E722") in run_linter({"a.py": path})["a.py"]


def test_lint_labels_by_hand(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    rows = {row["function"]: row for row in candidates("lint", corpus_of(SOURCE, folder=tmp_path))}
    assert rows.keys() == {"run"}
    assert rows["run"] == {
        "file": "a.py",
        "function": "run",
        "code": rows["run"]["code"],
        "unused_argument": 1,
        "private_access": 0,
        "return_flow": 0,
        "old_format": 1,
        "exceptions": 1,
        "simplify": 0,
    }
    assert "noqa" not in str(rows["run"]["code"])


def test_security_labels_by_hand(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    rows = list(candidates("security", corpus_of(SOURCE, folder=tmp_path)))
    assert [(row["function"], row["insecure"]) for row in rows] == [("run", 1), ("plain", 0)]


def test_a_missing_linter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "linter_version", lambda: "")
    with pytest.raises(InputError, match="pip install ruff"):
        run_linter({"a.py": tmp_path / "a.py"})


def test_a_failing_linter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "RULES", ("NO-SUCH-RULE",))
    (tmp_path / "a.py").write_text(SOURCE)
    with pytest.raises(InputError, match="NO-SUCH-RULE"):
        run_linter({"a.py": tmp_path / "a.py"})
