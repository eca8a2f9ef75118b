"""All partitions into a few groups, against trying all choices."""

from itertools import combinations

import numpy as np
import pytest

from grouping.solvers import disjoint
from grouping.solvers.disjoint import MOST_GROUPS, disjoint_partitions


def by_trying(masks: list[int], groups: int) -> set[tuple[int, ...]]:
    full = int(np.bitwise_or.reduce(masks))
    found = set()
    for number in range(1, groups + 1):
        for chosen in combinations(range(len(masks)), number):
            of = [masks[row] for row in chosen]
            if sum(of) == full == int(np.bitwise_or.reduce(of)):
                found.add(chosen)
    return found


@pytest.mark.parametrize("groups", range(1, MOST_GROUPS + 1))
@pytest.mark.parametrize("seed", range(4))
def test_every_partition_is_found_once(groups: int, seed: int) -> None:
    """Also those with fewer groups, whose rows are padded."""
    generator = np.random.default_rng(seed)
    singles = {1 << task for task in range(6)}
    masks = np.array(sorted({int(mask) for mask in generator.integers(1, 1 << 6, size=15)} | {63} | singles))
    generator.shuffle(masks)
    found = disjoint_partitions(masks, groups=groups)
    assert found is not None
    assert found.shape[1] == groups
    rows = [tuple(row for row in of if row < len(masks)) for of in found.tolist()]
    assert len(rows) == len(set(rows))
    expected = by_trying(masks.tolist(), groups)
    assert set(rows) == expected
    assert len(expected) > 0
    if groups == MOST_GROUPS:
        assert {len(of) for of in expected} >= {1, 2, 3, 4}


def test_nothing_that_fits_is_an_empty_list() -> None:
    found = disjoint_partitions(np.array([0b011, 0b110]), groups=3)
    assert found is not None
    assert found.shape == (0, 3)


def test_too_many_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disjoint, "MOST_MATCHES", 5)
    masks = np.arange(1, 64)
    assert disjoint_partitions(masks, groups=4) is None
    assert disjoint_partitions(masks, groups=3) is not None
    monkeypatch.setattr(disjoint, "MOST_ROWS", 62)
    assert disjoint_partitions(masks, groups=3) is None
    assert disjoint_partitions(masks, groups=1) is not None


@pytest.mark.parametrize("groups", [0, MOST_GROUPS + 1])
def test_other_numbers_are_refused(groups: int) -> None:
    with pytest.raises(ValueError, match=f"Expected 1 to 4 `groups`, but got {groups}"):
        disjoint_partitions(np.array([1, 2]), groups=groups)
