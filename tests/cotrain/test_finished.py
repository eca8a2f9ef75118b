"""Finished runs on the command line: what is drawn, written, recommended and said."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affinity.matrix import AffinityMatrix
from grouping.read import read_grouping
from tests.cotrain.samples import run

ROOT = Path(__file__).parents[2]
NAMES = ("a", "b", "c", "d", "e")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runs(*groups: str, seeds: int = 2, noise: float = 0.002) -> str:
    """Vowels help vowels and consonants consonants, by 0.1 on average, others hurt; singles have three seeds."""
    generator = np.random.default_rng(0)
    lines = ["group,task,score,seed"]
    for group in [*NAMES, *groups]:
        for seed in range(3 if len(group) == 1 else seeds):
            for task in group:
                others = [0.1 if (s in "ae") == (task in "ae") else -0.1 for s in group if s != task]
                score = 0.5 + (np.mean(others) if others else 0) + noise * generator.normal()
                lines.append(f"{'+'.join(group)},{task},{score:.6f},{seed}")
    return "\n".join(lines) + "\n"


PAIRS = tuple("".join(pair) for pair in combinations(NAMES, 2))


def recommend(capsys: pytest.CaptureFixture[str], content: str, *flags: str) -> dict[str, Any]:
    Path("s.csv").write_text(content)
    code, out, err = run(capsys, "heatmap", "--from", "s.csv", "--out", "drawn", "--json", *flags)
    assert (code, err) == (0, [])
    found: dict[str, Any] = json.loads(out)
    return found


def test_planted_groups_are_recommended_drawn_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = recommend(capsys, runs(*PAIRS[1:], "bcd", "abcde"))
    assert found["schema"] == 1
    assert found["groups"] == [["a", "e"], ["b", "c", "d"]]
    assert found["served_by"] == {"a": 0, "e": 0, "b": 1, "c": 1, "d": 1}
    assert found["predicted"] == pytest.approx(dict.fromkeys(NAMES, 0.1), abs=0.02)
    low, high = found["intervals"]["b"]
    assert low < 0.1 < high
    assert 0 < found["predicted_errors"]["b"] < 0.02
    assert found["together"] < 0
    assert found["predicted_pairs"] == [["a", "b"]]
    assert (found["estimator"], found["next"], found["remarks"]) == ("scores+hybrid", None, [])
    assert sorted(path.name for path in (folder / "drawn").iterdir()) == [
        *("affinity.csv", "affinity.json", "affinity.parquet", "grouping.json"),
        *("heatmap.csv", "heatmap.json", "heatmap.png", "heatmap.svg"),
    ]
    assert json.loads(Path("drawn/grouping.json").read_text()) == found
    assert read_grouping(Path("drawn/grouping.json"), NAMES).served_by == found["served_by"]
    for name in ("affinity.json", "affinity.csv", "affinity.parquet"):
        matrix = AffinityMatrix.load(Path("drawn") / name)
        np.testing.assert_allclose(matrix.scores, found["scores"])
        np.testing.assert_allclose(matrix.errors, found["errors"])
    outlined = json.loads(Path("drawn/heatmap.json").read_text())["groups"]
    assert sorted(sorted(group) for group in outlined) == found["groups"]


def test_text_says_what_is_measured_expected_and_predicted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(runs(*PAIRS[1:], "abcde"))
    code, out, err = run(capsys, "heatmap", "--from", "s.csv", "--adapters", "2")
    assert (code, err) == (0, [])
    assert "1 of 10 pairs was not trained: {a, b}." in out
    assert "Recommended, of what was trained: 1 adapter for 5 tasks: {a, b, c, d, e}." in out
    assert "Worth training next: {b, c, d}. {a, e} and {b, c, d} is expected" in out
    assert "heatmap: cotrain-heatmap/heatmap.png" in out
    assert out.isascii()
    measured = json.loads(Path("cotrain-heatmap/grouping.json").read_text())["measured"]["a"]
    row = next(line for line in out.splitlines() if line.startswith("a "))
    assert f"{measured:+.3f} +/- " in row


def test_the_order_of_rows_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = runs(*PAIRS, "bcd").splitlines()
    assert recommend(capsys, "\n".join([header, *reversed(rows)])) == recommend(capsys, "\n".join([header, *rows]))


def test_losses_are_turned_round(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = runs(*PAIRS, "bcd").splitlines()
    cells = [row.split(",") for row in rows]
    losses = "\n".join([header, *(f"{g},{t},{1 - float(s):.6f},{seed}" for g, t, s, seed in cells)])
    found = recommend(capsys, losses, "--lower-is-better")
    assert (found["groups"], found["estimator"]) == ([["a", "e"], ["b", "c", "d"]], "losses")
    assert found == recommend(capsys, losses.replace("score", "loss"))
    assert recommend(capsys, losses)["groups"] != found["groups"], "taken as scores, all that helps hurts"


def test_a_table_of_gains_is_taken_at_its_word(capsys: pytest.CaptureFixture[str]) -> None:
    table = "subset,size,x,y,z\nx,1,0,,\nx+y,2,.1,.2,\ny+z,2,,-.1,.1\nx+z,2,.1,,.4\nx+y+z,3,.1,.2,.1\n"
    found = recommend(capsys, table)
    assert (found["groups"], found["estimator"]) == ([["x", "z"], ["y"]], "gains")
    assert found["scores"] == [[0, 0.2, 0.4], [0.1, 0, 0.1], [0.1, -0.1, 0]]
    assert found["errors"] == [[0, None, None], [None, 0, None], [None, None, 0]]
    assert found["measured"] == {"x": 0.1, "y": 0, "z": 0.4}
    assert found["predicted_errors"] == {"x": None, "y": 0, "z": None}
    assert found["bound"] is None
    assert "taken at their word" in found["remarks"][0]
    assert recommend(capsys, table, "--adapters", "1")["groups"] == [["x", "y", "z"]]


def test_a_cap_that_no_trained_grouping_meets(capsys: pytest.CaptureFixture[str]) -> None:
    found = recommend(capsys, runs(*PAIRS), "--adapters", "2")
    assert (found["groups"], found["served_by"], found["mean_gain"]) == (None, None, None)
    assert found["remarks"] == ["No groups are recommended: no grouping with at most 2 adapters was trained whole."]
    assert found["next"]["groups"] == [["a", "e"], ["b", "c", "d"]]
    assert found["next"]["untrained"] == [["b", "c", "d"]]
    assert json.loads(Path("drawn/heatmap.json").read_text())["groups"] == []


def test_more_tasks_than_can_be_enumerated(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"t{i:02d}" for i in range(17)]
    rows = [f"{'+'.join(pair)},2," + ",".join("0.1" if t in pair else "" for t in names) for pair in [names[:2]]]
    found = recommend(capsys, "\n".join([f"subset,size,{','.join(names)}", *rows]))
    assert found["groups"] == [names[:2], *([name] for name in names[2:])]
    assert Path("drawn/heatmap.png").stat().st_size > 1000


def test_given_groups_are_outlined_in_place_of_the_recommended(capsys: pytest.CaptureFixture[str]) -> None:
    Path("g.json").write_text('[["a", "b"], ["c", "d"], ["e"]]')
    found = recommend(capsys, runs(*PAIRS, "bcd"), "--grouping", "g.json")
    assert found["groups"] == [["a", "e"], ["b", "c", "d"]]
    outlined = json.loads(Path("drawn/heatmap.json").read_text())["groups"]
    assert sorted(sorted(group) for group in outlined) == [["a", "b"], ["c", "d"], ["e"]]


def test_matrices_are_still_drawn_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    recommend(capsys, runs(*PAIRS))
    for name in ("affinity.json", "affinity.csv", "affinity.parquet"):
        code, out, err = run(capsys, "heatmap", "--from", f"drawn/{name}", "--out", "again", "--json")
        assert (code, err) == (0, [])
        assert set(json.loads(out)) == {"schema", "tasks", "scores", "errors", "estimator", "cost"}
    assert not Path("again/grouping.json").exists()


def test_the_example_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    found = recommend(capsys, (ROOT / "docs" / "scores.csv").read_text(), "--adapters", "2")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "cotrain heatmap --from docs/scores.csv --adapters 2" in readme
    named = [group for group in found["groups"] if len(group) > 1]
    assert all("{" + ", ".join(group) + "}" in readme for group in named)
    assert f"{found['mean_gain']:+.3f}" in readme
