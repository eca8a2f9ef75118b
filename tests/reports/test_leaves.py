"""The order of a tree's leaves, against every way to turn its branches."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.cluster.hierarchy import ClusterNode, linkage, to_tree
from scipy.spatial.distance import squareform

from reports.leaves import leaf_order


def distances(seed: int, items: int) -> NDArray[np.float64]:
    square = np.random.default_rng([seed, items]).uniform(0, 1, (items, items))
    square = square + square.T
    np.fill_diagonal(square, 0.0)
    return square


def length(distance: NDArray[np.float64], sequence: list[int]) -> float:
    return float(distance[sequence[:-1], sequence[1:]].sum())


def turned(node: ClusterNode, turns: dict[int, bool]) -> list[int]:
    """Leaves of the tree with some branches swapped."""
    if node.left is None or node.right is None:
        return [node.id]
    left, right = turned(node.left, turns), turned(node.right, turns)
    return right + left if turns[node.id] else left + right


def test_points_on_a_line_come_in_order() -> None:
    points = np.array([5.0, 1.0, 3.0, 2.0, 9.0])
    assert leaf_order(np.abs(points[:, None] - points)) == [1, 3, 2, 0, 4]


@pytest.mark.parametrize("items", [0, 1, 2])
def test_few_items_keep_their_order(items: int) -> None:
    assert leaf_order(distances(0, items)) == list(range(items))


@pytest.mark.parametrize("seed", range(8))
def test_no_turn_of_the_tree_puts_friends_closer(seed: int) -> None:
    distance = distances(seed, 7)
    root = to_tree(linkage(squareform(distance), method="average"))
    ways = [turned(root, dict(zip(range(7, 13), turns, strict=True))) for turns in product([False, True], repeat=6)]
    found = leaf_order(distance)
    assert found in ways
    assert found[0] < found[-1]
    assert length(distance, found) == pytest.approx(min(length(distance, way) for way in ways))


def test_a_hundred_items_are_all_there() -> None:
    assert sorted(leaf_order(distances(0, 100))) == list(range(100))
