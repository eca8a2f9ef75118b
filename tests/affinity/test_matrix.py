import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affinity.matrix import AffinityMatrix
from tasks.errors import InputError
from trainers.cost import Cost

NAMES = ("clone", "defect", "search")


def _matrix(seed: int = 0) -> AffinityMatrix:
    rng = np.random.default_rng(seed)
    scores, errors = rng.normal(size=(3, 3)), rng.uniform(size=(3, 3))
    np.fill_diagonal(scores, 0.0)
    np.fill_diagonal(errors, 0.0)
    errors[0, 2] = np.nan
    return AffinityMatrix(NAMES, scores, errors, estimator="pairwise", cost=Cost(seconds=1.5, jobs=9))


def _same(left: AffinityMatrix, right: AffinityMatrix) -> None:
    assert left.tasks == right.tasks
    np.testing.assert_array_equal(left.scores, right.scores)
    np.testing.assert_array_equal(left.errors, right.errors)


def test_a_score_is_read_from_source_to_target() -> None:
    matrix = AffinityMatrix(("a", "b"), np.array([[0, 0.1], [-0.2, 0]]), np.array([[0, 0.01], [0.02, 0]]))
    assert matrix["a", "b"] == 0.1
    assert matrix["b", "a"] == -0.2
    assert matrix.error("b", "a") == 0.02
    assert len(matrix) == 2
    with pytest.raises(KeyError, match=r"Expected one of the tasks .* but got `c`"):
        matrix["a", "c"]


@pytest.mark.parametrize("name", ["affinity.json", "affinity.csv", "affinity.parquet"])
def test_every_saved_file_reads_back_exactly(tmp_path: Path, name: str) -> None:
    matrix = _matrix()
    written = matrix.save(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(path.name for path in written)
    _same(AffinityMatrix.load(tmp_path / "run" / name), matrix)


def test_json_holds_estimator_cost_and_null_for_an_unknown_error(tmp_path: Path) -> None:
    _matrix().save(tmp_path)
    found = json.loads((tmp_path / "affinity.json").read_text())
    assert found["schema"] == 1
    assert found["errors"][0][2] is None
    read = AffinityMatrix.load(tmp_path / "affinity.json")
    assert (read.estimator, read.cost) == ("pairwise", Cost(seconds=1.5, jobs=9))


@given(st.permutations(NAMES))
def test_reordering_keeps_every_pair(order: list[str]) -> None:
    matrix = _matrix()
    other = matrix.reorder(order)
    assert other.tasks == tuple(order)
    assert all(other[a, b] == matrix[a, b] for a in NAMES for b in NAMES)
    _same(other.reorder(NAMES), matrix)


def test_a_subset_keeps_its_pairs_and_the_frame_has_a_row_for_each() -> None:
    part = _matrix().subset(["search", "clone"])
    assert part["search", "clone"] == _matrix()["search", "clone"]
    frame = part.frame()
    assert list(frame.columns) == ["source", "target", "score", "error"]
    assert frame.set_index(["source", "target"]).loc[("search", "clone"), "score"] == part["search", "clone"]
    assert len(frame) == 4
    with pytest.raises(ValueError, match="in some order"):
        _matrix().reorder(["clone", "defect"])


def test_the_square_frame_and_the_cells_of_a_notebook() -> None:
    scores, errors = np.array([[0, 0.1], [-0.2, 0]]), np.array([[0, np.nan], [0.05, 0]])
    matrix = AffinityMatrix(("<b>", "defect"), scores, errors, estimator="hybrid")
    assert matrix.to_frame().loc["<b>", "defect"] == matrix["<b>", "defect"] == 0.1
    assert matrix.to_frame("errors").loc["defect", "<b>"] == 0.05
    assert (matrix.to_frame().index.name, matrix.to_frame().columns.name) == ("source", "target")
    html = matrix._repr_html_()
    assert "<b>" not in html
    assert html.count("&lt;b&gt;") == 2
    assert 'rgba(178,24,43,0.75)" title="standard error 0.050">-0.200' in html, "the strongest, and it hurts"
    assert 'rgba(33,102,172,0.38)" title="error not known">+0.100' in html
    assert repr(matrix).splitlines()[0] == "Affinities by hybrid, sources by targets:"


def test_a_square_csv_has_unknown_errors_and_may_leave_the_diagonal_blank(tmp_path: Path) -> None:
    path = tmp_path / "square.csv"
    path.write_text(",a,b\na,,0.1\nb,-0.2,0\n")
    matrix = AffinityMatrix.load(path)
    assert (matrix["a", "b"], matrix["b", "a"]) == (0.1, -0.2)
    assert np.isnan(matrix.error("a", "b"))
    assert matrix.error("a", "a") == 0


@pytest.mark.parametrize(
    ("scores", "errors", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 2)), r"`scores` of shape \(2, 2\)"),
        (np.zeros((2, 2)), np.zeros(2), r"`errors` of shape \(2, 2\)"),
        (np.array([[0, np.nan], [0, 0]]), np.zeros((2, 2)), "finite scores, but `a` -> `b`"),
        (np.array([[0, 0], [0, 0.5]]), np.zeros((2, 2)), "0 on the diagonal, but `b` -> `b` is 0.5"),
        (np.zeros((2, 2)), np.array([[0, 0], [-1, 0]]), "errors of 0 or more"),
    ],
)
def test_a_matrix_refuses_what_is_none(scores: np.ndarray, errors: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AffinityMatrix(("a", "b"), scores, errors)


def test_a_matrix_refuses_a_repeated_name() -> None:
    with pytest.raises(ValueError, match="different task names"):
        AffinityMatrix(("a", "a"), np.zeros((2, 2)), np.zeros((2, 2)))


BAD = {
    "empty.csv": ("", "empty.csv: Expected a matrix with a header line, but the file is empty."),
    "tall.csv": (",a,b\na,0,1\n", "1 rows and 2 columns"),
    "names.csv": (",a,b\na,0,1\nc,1,0\n", "names.csv: line 3: .* row 2 is `c` and column 2 is `b`"),
    "word.csv": (",a,b\na,0,high\nb,1,0\n", "word.csv: line 2, `b`: Expected a finite number, but got `high`"),
    "nan.csv": (",a,b\na,0,nan\nb,1,0\n", "nan.csv: line 2, `b`: Expected a finite number, but got `nan`"),
    "ragged.csv": (",a,b\na,0,1\nb,1,0,9\n", "ragged.csv: Expected lines of equal length"),
    "gap.csv": ("source,target,score\na,b,1\n", "`b` -> `a` is missing"),
    "twice.csv": ("source,target,score\na,b,1\na,b,2\nb,a,1\n", "line 3: .* is also on line 2"),
    "noscore.csv": ("source,target,value\na,b,1\n", "`score` is not among"),
    "diagonal.csv": ("source,target,score\na,a,3\na,b,1\nb,a,1\n", "0 on the diagonal"),
    "broken.json": ('{"schema": 1,\n', "broken.json: line 2: Expected JSON"),
    "list.json": ("[]", "Expected an object"),
    "schema.json": ('{"schema": 9}', "schema.json: schema: Expected schema 1, but got 9"),
    "typo.json": ('{"tasks": ["a"], "score": [[0]]}', "typo.json: scores: .* did you mean `score`"),
    "square.json": ('{"tasks": ["a", "b"], "scores": [[0, 1]]}', "square.json: scores: Expected 2 rows"),
    "row.json": ('{"tasks": ["a", "b"], "scores": [[0, 1], [0]]}', r"scores\[1\]: Expected 2 numbers"),
    "text.json": ('{"tasks": ["a", "b"], "scores": [[0, "x"], [0, 0]]}', r"scores\[0\]\[1\]: Expected a number"),
    "null.json": ('{"tasks": ["a", "b"], "scores": [[0, null], [0, 0]]}', "finite scores, but `a` -> `b`"),
    "nan.json": ('{"tasks": ["a", "b"], "scores": [[0, NaN], [0, 0]]}', "finite scores, but `a` -> `b`"),
    "number.json": ('{"tasks": 3, "scores": []}', "tasks: Expected a list of task names"),
    "cost.json": ('{"tasks": ["a"], "scores": [[0]], "cost": {"euro": 1}}', "cost: Expected numbers"),
    "matrix.txt": ("", "Expected a file ending in"),
    "not.parquet": ("a,b\n", "Expected a Parquet file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_ends_in_one_located_line(tmp_path: Path, name: str) -> None:
    text, message = BAD[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as refused:
        AffinityMatrix.load(tmp_path / name)
    assert str(refused.value).startswith(str(tmp_path / name))
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_a_bad_parquet_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        AffinityMatrix.load(tmp_path / "affinity.json")
    pd.DataFrame({"source": ["a"], "target": ["b"]}).to_parquet(tmp_path / "short.parquet")
    with pytest.raises(InputError, match=r"short.parquet: .*`score` is not among"):
        AffinityMatrix.load(tmp_path / "short.parquet")


def test_a_killed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _matrix(0).save(tmp_path)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        _matrix(1).save(tmp_path)
    monkeypatch.undo()
    _same(AffinityMatrix.load(tmp_path / "affinity.json"), _matrix(0))
