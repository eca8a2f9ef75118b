from itertools import combinations

import numpy as np
import pytest

from affinity.factors import Pairs, complementarity
from affinity.matrix import AffinityMatrix
from affinity.prior import MeanOfScores
from tests.affinity.factors.worlds import group, pairs_of

NAMES = ("a", "b", "c")
SCORE = np.array([[0, 0.2, 0.4], [0.1, 0, 0.2], [0.3, 0.0, 0]])


def test_a_group_by_hand() -> None:
    """Pairs say a 0.2, b 0.1, c 0.3, mean 0.2; measured are 0.3, 0.3 and 0.0 with a run error of 0.03 each."""
    measured = pairs_of(NAMES, SCORE, run=0.06) | {NAMES: group(NAMES, [0.3, 0.3, 0.0], run=0.03)}
    found = complementarity(Pairs.of_measured(NAMES, measured), measured)
    (triple,) = found.groups
    assert triple.measured == pytest.approx(0.2)
    assert triple.predicted == pytest.approx(0.2)
    assert triple.excess.value == pytest.approx(0)
    # the group's members move as one: 0.03; each of three pairs has weight 1/6 on both of its members: 0.06 / 3
    assert triple.excess.error == pytest.approx((0.03**2 + 3 * 0.02**2) ** 0.5)
    assert found.excess == triple.excess


def test_sources_by_hand() -> None:
    measured = pairs_of(NAMES, SCORE, run=0.03, sample=0.04, reference=0.12)
    found = complementarity(Pairs.of_measured(NAMES, measured), measured)
    assert [(of.task, of.targets) for of in found.sources] == [("a", 2), ("b", 2), ("c", 2)]
    np.testing.assert_allclose([of.gives.value for of in found.sources], [0.3, 0.15, 0.15])
    np.testing.assert_allclose([of.gives.error for of in found.sources], 0.13 / 2**0.5)
    assert (found.groups, found.excess) == ((), None)


def test_the_references_fall_out_and_samples_do_not() -> None:
    measured = pairs_of(NAMES, SCORE, reference=9.0) | {NAMES: group(NAMES, [0.3, 0.3, 0.0], reference=9.0)}
    (triple,) = complementarity(Pairs.of_measured(NAMES, measured), measured).groups
    assert triple.excess.error == pytest.approx(0, abs=1e-12)
    measured = pairs_of(NAMES, SCORE, sample=0.06) | {NAMES: group(NAMES, [0.3, 0.3, 0.0], sample=0.06)}
    (triple,) = complementarity(Pairs.of_measured(NAMES, measured), measured).groups
    assert triple.excess.error == pytest.approx((3 * 0.02**2 + 6 * 0.01**2) ** 0.5)
    unknown = measured | {NAMES: group(NAMES, [0.3, 0.3, 0.0], sample=0.06, parts=False)}
    (triple,) = complementarity(Pairs.of_measured(NAMES, unknown), unknown).groups
    assert triple.excess.error == pytest.approx((0.06**2 + 6 * 0.01**2) ** 0.5)


def test_the_yardstick_is_the_mean_of_scores() -> None:
    rng = np.random.default_rng(0)
    names = ("a", "b", "c", "d", "e")
    score = rng.normal(size=(5, 5))
    np.fill_diagonal(score, 0)
    matrix = AffinityMatrix(names, score, np.zeros((5, 5)))
    measured = pairs_of(names, score)
    groups = [g for size in (3, 4, 5) for g in combinations(names, size)]
    members = np.array([[name in g for name in names] for g in groups])
    said = np.nanmean(MeanOfScores(matrix).gains(members), axis=1)
    measured |= {g: group(g, rng.normal(size=len(g)).tolist()) for g in groups}
    found = complementarity(Pairs.of_measured(names, measured), measured)
    by_group = {of.group: of for of in found.groups}
    np.testing.assert_allclose([by_group[g].predicted for g in groups], said)
    np.testing.assert_allclose([by_group[g].measured for g in groups], [measured[g].gain.mean() for g in groups])
    assert found.excess is not None
    assert found.excess.value == pytest.approx(np.mean([of.excess.value for of in found.groups]))


def test_intervals_cover_what_they_say() -> None:
    """Groups that give just what their pairs say, and members whose errors are independent or move as one."""
    rng = np.random.default_rng(1)
    names = ("a", "b", "c", "d")
    groups = [*combinations(names, 3), names]
    for luck, least, most in ((0.0, 0.96, 1.0), (1.0, 0.9, 0.99)):
        hits = []
        for _ in range(120):
            moved = dict(zip(names, rng.normal(size=4), strict=True))

            def draw(members: tuple[str, ...], moved: dict[str, float] = moved, luck: float = luck) -> list[float]:
                run = luck**0.5 * rng.normal() + (1 - luck) ** 0.5 * rng.normal(size=len(members))
                return [moved[m] + r for m, r in zip(members, run.tolist(), strict=True)]

            every = [*combinations(names, 2), *groups]
            measured = {g: group(g, draw(g), run=1.0, reference=1.0) for g in every}
            found = complementarity(Pairs.of_measured(names, measured), measured)
            assert found.excess is not None
            hits.append(not found.excess.certain)
        assert least <= np.mean(hits) <= most


def test_what_cannot_be_learnt_counts_as_a_source_alone() -> None:
    learnable = {"a": True, "b": True, "c": False}
    measured = pairs_of(NAMES, SCORE) | {NAMES: group(NAMES, [0.3, 0.3, 9.0])}
    found = complementarity(Pairs.of_measured(NAMES, measured, learnable=learnable), measured)
    assert found.groups[0].measured == pytest.approx(0.3)
    assert found.groups[0].predicted == pytest.approx((0.2 + 0.1) / 2)
    assert {of.task: of.targets for of in found.sources} == {"a": 1, "b": 1, "c": 2}


def test_groups_with_an_unmeasured_pair_or_a_stranger_are_left_out() -> None:
    measured = pairs_of(NAMES, SCORE) | {
        NAMES: group(NAMES, [0.3, 0.3, 0.0]),
        ("a", "b", "x"): group(("a", "b", "x"), [0.1, 0.1, 0.1]),
    }
    assert len(complementarity(Pairs.of_measured(NAMES, measured), measured).groups) == 1
    del measured["a", "b"]
    found = complementarity(Pairs.of_measured(NAMES, measured), measured)
    assert (found.groups, found.excess) == ((), None)
