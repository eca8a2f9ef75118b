"""Batches: every row once, similar lengths together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tasks.batches import batches
from tasks.encoding import EncodedRows, Tokens


def rows_of(lengths: NDArray[np.int64]) -> EncodedRows:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    tokens = Tokens(np.zeros(offsets[-1], dtype=np.int32), offsets)
    return EncodedRows((tokens,), np.zeros(len(lengths), np.int64), np.arange(len(lengths)), 1.0, (0,))


@given(count=st.integers(0, 300), size=st.integers(1, 40), seed=st.integers(0, 100))
def test_every_row_is_in_one_batch(count: int, size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    found = batches(rows_of(generator.integers(1, 50, size=count)), batch_size=size, generator=generator)
    assert sorted(row for batch in found for row in batch.tolist()) == list(range(count))
    assert len(found) == -(-count // size)
    sizes = [len(batch) for batch in found] or [0]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1


def test_by_hand() -> None:
    """Four rows, two per batch: the two short ones and the two long ones."""
    found = batches(rows_of(np.array([9, 1, 8, 2])), batch_size=2, generator=np.random.default_rng(0))
    assert sorted(sorted(batch.tolist()) for batch in found) == [[0, 2], [1, 3]]


def test_padding_is_a_fraction_of_what_chance_would_need() -> None:
    generator = np.random.default_rng(0)
    lengths = generator.geometric(0.02, size=2000)
    chance = [lengths[part] for part in np.array_split(generator.permutation(2000), 125)]
    sorted_ones = [lengths[part] for part in batches(rows_of(lengths), batch_size=16, generator=generator)]
    padding = [sum(int(part.max()) * len(part) - int(part.sum()) for part in parts) for parts in (sorted_ones, chance)]
    assert padding[0] < 0.4 * padding[1]


def test_passes_differ_and_seeds_repeat() -> None:
    rows = rows_of(np.arange(1, 65))
    once, again = (batches(rows, batch_size=8, generator=np.random.default_rng(7)) for _ in range(2))
    other = batches(rows, batch_size=8, generator=np.random.default_rng(8))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(once, other, strict=True))
    assert np.mean([rows.lengths[batch].mean() for batch in once[:4]]) != pytest.approx(4.5)  # not in order of length


def test_refuses() -> None:
    with pytest.raises(ValueError, match="1 or more, but got 0"):
        batches(rows_of(np.array([1])), batch_size=0, generator=np.random.default_rng(0))
