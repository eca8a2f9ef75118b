"""Finished runs: what is read, and where an error is said to be."""

import random
from pathlib import Path

import pandas as pd
import pytest

from affinity.scores import Scores, are_scores
from tasks.errors import InputError

LONG = """group,task,score,seed
a,a,0.70,0
a,a,0.72,1
b,b,0.5,0
b,b,0.54,1
b+a,a,0.75,3
b+a,b,0.55,3
"""
RUNS = {("a",): {0: (0.70,), 1: (0.72,)}, ("a", "b"): {3: (0.75, 0.55)}, ("b",): {0: (0.5,), 1: (0.54,)}}
PLAIN = "group,task,score\na,a,0.7\nb,b,0.5\na+b,a,0.7\na+b,b,0.6\n"


def read(folder: Path, content: str, name: str = "scores.csv", *, lower_is_better: bool = False) -> Scores:
    (folder / name).write_text(content, encoding="utf-8")
    return Scores.read(folder / name, lower_is_better=lower_is_better)


def test_reads_runs_by_group_and_seed(tmp_path: Path) -> None:
    scores = read(tmp_path, LONG)
    assert (scores.tasks, dict(scores.runs), scores.lower_is_better) == (("a", "b"), RUNS, False)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_columns_and_names_says_nothing(tmp_path: Path, seed: int) -> None:
    read(tmp_path, LONG)
    frame = pd.read_csv(tmp_path / "scores.csv")
    frame = frame.sample(frac=1, random_state=seed)[random.Random(seed).sample(list(frame.columns), 4)]
    frame["group"] = frame["group"].replace("b+a", " a + b")
    frame.to_csv(tmp_path / "other.csv", index=False)
    frame.to_parquet(tmp_path / "other.parquet")
    for name in ("other.csv", "other.parquet"):
        again = Scores.read(tmp_path / name)
        assert list(again.runs.items()) == list(RUNS.items()), "in one order too, so that sums round alike"


def test_one_run_each_needs_no_seed(tmp_path: Path) -> None:
    assert read(tmp_path, PLAIN).runs == {("a",): {0: (0.7,)}, ("b",): {0: (0.5,)}, ("a", "b"): {0: (0.7, 0.6)}}


def test_which_scores_are_losses(tmp_path: Path) -> None:
    assert read(tmp_path, LONG, lower_is_better=True).lower_is_better
    assert read(tmp_path, LONG.replace("score", "loss")).lower_is_better


@pytest.mark.parametrize(
    ("content", "place", "parts"),
    [
        ("group,task,score\n", "", ("no rows", "group,task,score")),
        ("group,task,scor\na,a,1\n", "", ("unknown column `scor`", "did you mean `score`")),
        (LONG.replace("seed", "epoch"), "", ("unknown column `epoch`", "group,task,score,seed")),
        ("group,task,seed\na,a,1\n", "", ("no column `score`",)),
        ("group,task,score,loss\na,a,1,1\n", "", ("both `score` and `loss`",)),
        ("group,task,score\na,a,1\n", "", ("no group of two or more", "a+b")),
        (PLAIN.replace("a,a,0.7\n", "", 1), "", ("`a` has no run of its own", "group `a`")),
        (PLAIN.replace("a+b,b,0.6\n", ""), "", ("the run of `a+b` has no row for `b`",)),
        (LONG + "a+b,a,0.7,4\n", "", ("the run of `a+b` with seed 4 has no row for `b`",)),
        (PLAIN + "a+b,c,0.6\n", ": line 6", ("`c` is no member of `a+b`",)),
        (PLAIN + "clone+defect,defct,1\n", ": line 6", ("`defct`", "did you mean `defect`")),
        (PLAIN + "a+b,,0.6\n", ": line 6", ("`` is no member",)),
        (PLAIN + "a+b+a,a,0.6\n", ": line 6", ("`a` stands twice in `a+b+a`",)),
        (PLAIN + "a+,a,0.6\n", ": line 6", ("found the group `a+`",)),
        (PLAIN + ",a,0.6\n", ": line 6", ("found the group ``",)),
        (PLAIN.replace("0.6", "nan"), ": line 5", ("finite number for the score of `b`", "`nan`")),
        (PLAIN.replace("0.6", ""), ": line 5", ("the score of `b`", "``")),
        (PLAIN.replace("score", "loss").replace("0.6", "inf"), ": line 5", ("the loss of `b`", "`inf`")),
        (PLAIN + "b+a,b,0.6\n", ": line 6", ("`b` in `a+b` stands on line 5", "a column `seed`")),
        (LONG + "a,a,0.72,1\n", ": line 8", ("`a` in `a` with seed 1 stands on line 3",)),
        (LONG + "a,a,0.72,\n", ": line 8", ("the seed is blank",)),
        (LONG + "a,a,0.72,one\n", ": line 8", ("the seed", "`one`")),
        (LONG + "a,a,0.72,1.5\n", ": line 8", ("whole number for the seed", "`1.5`")),
    ],
)
def test_refuses_with_a_place(tmp_path: Path, content: str, place: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert caught.value.place == f"{tmp_path / 'scores.csv'}{place}"
    for part in parts:
        assert part in caught.value.message


def test_is_told_by_its_columns() -> None:
    assert are_scores(["group", "task", "score"])
    assert are_scores(["group", "task", "scor"]), "with one slip it is still meant"
    assert are_scores(["group", "tasks", "loss", "seed"])
    assert not are_scores(["subset", "size", "task"])
