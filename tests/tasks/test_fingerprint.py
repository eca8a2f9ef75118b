"""The hash is pinned, and no two inputs share a form."""

import hashlib
from typing import Any

import numpy as np
import pytest

from tasks.fingerprint import fingerprint


def test_by_hand() -> None:
    assert fingerprint("ab", 1, None) == hashlib.sha256(b"s2;ab" + b"int1;" + b"NoneTypeNone;").hexdigest()
    numbers = np.array([1, 2], dtype=np.int64)
    expected = hashlib.sha256(b"a<i8(2,);" + (1).to_bytes(8, "little") + (2).to_bytes(8, "little")).hexdigest()
    assert fingerprint(numbers) == expected
    assert fingerprint(numbers.astype(">i8")) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        ((("a",), "b"), (("a", "b"),)),
        ((1,), ("1",)),
        ((1,), (1.0,)),
        ((1,), (True,)),
        ((np.zeros(4, np.int32),), (np.zeros(2, np.int64),)),
        ((np.zeros((2, 3)),), (np.zeros((3, 2)),)),
    ],
)
def test_different_inputs_differ(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert fingerprint(*one) != fingerprint(*other)


def test_a_view_hashes_as_its_copy() -> None:
    grid = np.arange(6).reshape(2, 3).T
    assert fingerprint(grid) == fingerprint(grid.copy())
