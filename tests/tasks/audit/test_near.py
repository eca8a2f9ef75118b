from itertools import combinations

import numpy as np
import pytest

from tasks.audit import near
from tasks.audit.near import blocks, near_pairs
from tasks.audit.texts import shingles
from tests.tasks.audit.build import sentences


def edited(texts: list[str], *, seed: int) -> list[str]:
    """Copies of random texts with up to three words replaced."""
    generator = np.random.default_rng(seed)
    copies = []
    for number in generator.integers(len(texts), size=len(texts)).tolist():
        words = texts[number].split()
        for place in generator.integers(len(words), size=int(generator.integers(4))).tolist():
            words[place] = f"v{generator.integers(9)}"
        copies.append(" ".join(words))
    return copies


def all_pairs(texts: list[str], threshold: float) -> list[list[int]]:
    """Slow reference: Jaccard similarity of Python sets, every pair."""
    sets = [{tuple(text.split()[i : i + 3]) for i in range(len(text.split()) - 2)} for text in texts]
    return [
        [i, j]
        for i, j in combinations(range(len(sets)), 2)
        if 10 * len(sets[i] & sets[j]) >= round(10 * threshold) * len(sets[i] | sets[j])
    ]


def test_similarity_at_the_threshold_is_near() -> None:
    # 8 shared shingles of 10 in the union: 0.8
    texts = ["a b c d e f g h i j k", "b c d e f g h i j k l"]
    assert near_pairs(shingles(texts), threshold=0.8).pairs.tolist() == [[0, 1]]
    assert near_pairs(shingles(texts), threshold=0.81).pairs.tolist() == []


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_every_pair_of_the_slow_reference_is_found_and_no_other(threshold: float, seed: int) -> None:
    texts = sentences(60, seed=seed, words=20, vocabulary=1000)
    texts += edited(texts, seed=seed)
    expected = all_pairs(texts, threshold)
    assert expected
    found = near_pairs(shingles(texts), threshold=threshold)
    assert found.pairs.tolist() == expected
    assert found.sampled == 0


@pytest.mark.parametrize("seed", range(3))
def test_crowded_texts_of_few_words(seed: int) -> None:
    texts = sentences(80, seed=seed, words=6, vocabulary=3)
    assert near_pairs(shingles(texts), threshold=0.6).pairs.tolist() == all_pairs(texts, 0.6)


def test_small_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = sentences(60, seed=1, words=8, vocabulary=4)
    whole = near_pairs(shingles(texts), threshold=0.5)
    monkeypatch.setattr(near, "BLOCK", 50)
    np.testing.assert_array_equal(near_pairs(shingles(texts), threshold=0.5).pairs, whole.pairs)


def test_order_of_texts_only_renumbers_the_pairs() -> None:
    texts = sentences(50, seed=2, words=8, vocabulary=5)
    order = np.random.default_rng(3).permutation(len(texts))
    pairs = {frozenset(pair) for pair in near_pairs(shingles(texts), threshold=0.4).pairs.tolist()}
    shuffled = near_pairs(shingles([texts[i] for i in order]), threshold=0.4).pairs
    assert pairs == {frozenset(pair) for pair in order[shuffled].tolist()}
    assert pairs


def test_templates_are_sampled_counted_and_only_true_pairs_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"w{i}" for i in range(40)]
    texts = [" ".join([*words[:place], "x", str(place), *words[place:]]) for place in range(40)] * 3
    texts = [f"{text} end{number}" for number, text in enumerate(texts)]
    whole = near_pairs(shingles(texts), threshold=0.7)
    monkeypatch.setattr(near, "LIMIT", 10)
    part = near_pairs(shingles(texts), threshold=0.7)
    assert (whole.sampled, part.sampled) == (0, 109)  # the last texts have 10 later ones or fewer
    assert 0 < len(part.pairs) < len(whole.pairs)
    assert set(map(tuple, part.pairs.tolist())) <= set(map(tuple, whole.pairs.tolist()))


def test_relation_is_symmetric_with_a_diagonal_of_ones() -> None:
    found = near_pairs(shingles(["a b c d", "A b c d", "", "e f g"]), threshold=0.8)
    np.testing.assert_array_equal(found.relation().toarray(), [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


def test_blocks_cover_all_rows_once() -> None:
    work = np.array([near.BLOCK, 1, near.BLOCK - 2, 5, 0])
    assert list(blocks(work)) == [(0, 3), (3, 5)]
    assert list(blocks(np.zeros(0, dtype=np.int64))) == [(0, 0)]


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.1])
def test_refuses_a_threshold_that_is_no_similarity(threshold: float) -> None:
    with pytest.raises(ValueError, match="Expected `threshold` above 0"):
        near_pairs(shingles(["a"]), threshold=threshold)
