import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tasks.audit.matches import first_equal, first_near, match_inputs, match_texts

COUNT = 12
"""Distinct texts."""


def random_case(seed: int, *, sides: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Rows, a source and a dense relation with a diagonal of ones."""
    generator = np.random.default_rng(seed)
    above = np.triu(generator.random((COUNT, COUNT)) < 0.1, 1)
    relation = (above | above.T | np.eye(COUNT, dtype=bool)).astype(np.int32)
    rows, source = (generator.integers(COUNT, size=(count, sides)) for count in (15, 10))
    return rows, source, relation


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_inputs_equal_the_slow_reference(seed: int, sides: int) -> None:
    rows, source, relation = random_case(seed, sides=sides)
    found = match_inputs(rows, source, csr_array(relation))
    for number, row in enumerate(rows):
        equal = [k for k, other in enumerate(source) if (row == other).all()]
        near = [k for k, other in enumerate(source) if relation[row, other].all()]
        part = [k for k, other in enumerate(source) if sides > 1 and set(row.tolist()) & set(other.tolist())]
        kind = "exact" if equal else "near" if near else "part" if part else ""
        assert {name for name, partners in found.items() if partners[number] >= 0} == ({kind} if kind else set())
        if kind:
            assert found[kind][number] in {"exact": equal, "near": near, "part": part}[kind]


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_texts_equal_the_slow_reference(seed: int, sides: int) -> None:
    rows, source, relation = random_case(seed, sides=sides)
    found = match_texts(rows, source, csr_array(relation))
    seen = set(source.ravel().tolist())
    close = {text for text in range(COUNT) if any(relation[text, other] for other in seen)}
    for number, row in enumerate(rows.tolist()):
        kind = "exact" if set(row) <= seen else "near" if set(row) <= close else "part" if set(row) & seen else ""
        assert {name for name, partners in found.items() if partners[number] >= 0} == ({kind} if kind else set())


def test_first_of_several_is_named() -> None:
    source = np.array([[3], [1], [1]])
    assert first_equal(np.array([[1], [0]]), source).tolist() == [1, -1]
    near = csr_array(np.array([[1, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], dtype=np.int32))
    assert first_near(np.array([[0], [2], [1]]), source, near).tolist() == [0, -1, -1]


def test_a_pair_is_near_only_if_both_sides_are_near_to_the_same_row() -> None:
    near = csr_array(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], dtype=np.int32))
    rows = np.array([[0, 2]])
    assert first_near(rows, np.array([[1, 3]]), near).tolist() == [0]
    assert first_near(rows, np.array([[1, 0], [0, 3]]), near).tolist() == [1]
    assert first_near(rows, np.array([[1, 0], [2, 3]]), near).tolist() == [-1]


def test_nothing_is_found_in_an_empty_source() -> None:
    found = match_texts(np.array([[0, 1]]), np.empty((0, 1), dtype=np.int64), csr_array(np.eye(2, dtype=np.int32)))
    assert {name: partners.tolist() for name, partners in found.items()} == {"exact": [-1], "near": [-1], "part": [-1]}
