from collections import Counter
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.mining.partners import exchanged, matched
from tasks.mining.recipe import Row
from tasks.mining.rounds import in_turn


@dataclass(frozen=True)
class Item:
    name: int
    file: str


@given(files=st.lists(st.sampled_from("abc"), max_size=30), seed=st.integers(0, 20))
def test_half_is_exchanged_and_nothing_is_used_twice(files: list[str], seed: int) -> None:
    items = [Item(place, file) for place, file in enumerate(files)]
    pairs = list(exchanged(items, np.random.default_rng(seed)))
    assert [item for item, _ in pairs] == items
    assert Counter(partner for _, partner in pairs) == Counter(items)
    moved = sum(item is not partner for item, partner in pairs)
    assert moved == (len(items) // 2 if len(items) // 2 > 1 else 0)


def test_partners_come_from_the_same_file_where_possible() -> None:
    items = [Item(place, "ab"[place % 2]) for place in range(40)]
    pairs = [pair for pair in exchanged(items, np.random.default_rng(0)) if pair[0] is not pair[1]]
    # a circle through two files changes the file twice
    assert sum(item.file != partner.file for item, partner in pairs) == 2


def test_matched_takes_the_nearest_that_is_left() -> None:
    chosen = [Item(10, "a"), Item(11, "a"), Item(50, "a")]
    others = [Item(90, "b"), Item(10, "b"), Item(14, "b")]
    assert [item.name for item in matched(chosen, others, lambda item: item.name)] == [10, 10, 11, 14, 50, 90]


def test_matched_ends_with_the_others() -> None:
    assert len(list(matched([Item(1, "a"), Item(2, "a")], [Item(3, "b")], lambda item: item.name))) == 2


def test_in_turn_goes_round_the_labels() -> None:
    rows: list[tuple[Row, dict[str, int]]] = [({"n": n}, {"odd": n % 2, "big": int(n > 3)}) for n in range(6)]
    # odd: 1, 3, 5; big: 4, 5; neither: 0, 2
    assert [row["n"] for row in in_turn(rows, ["odd", "big"])] == [1, 4, 3, 5]
