import numpy as np
import pytest
from scipy import stats

from affinity.factors import Pairs, stability
from affinity.gains import measure_groups, seed_noise
from affinity.variance import RunNoise
from tests.affinity.factors.worlds import noisy, pairs_of
from tests.affinity.samples import World

NAMES = ("a", "b", "c")
SCORE = np.array([[0, 0.1, 0.2], [0.3, 0, 0.2], [0.1, 0.1, 0]])


def test_the_spread_by_hand() -> None:
    """Gains of a: 0.3 and 0.1, variance 0.02; of b: 0.1 twice; errors of 0.03 and 0.04 take 0.0025 off."""
    measured = pairs_of(NAMES, SCORE, run=0.03, sample=0.04, reference=7.0)
    a, b, _ = stability(Pairs.of_measured(NAMES, measured))
    assert (a.task, a.partners) == ("a", 2)
    assert a.spread == pytest.approx((0.02 - 0.0025) ** 0.5)
    assert a.high == pytest.approx((0.02 / stats.chi2.ppf(0.025, 1) - 0.0025) ** 0.5)
    assert a.low == pytest.approx((0.02 / stats.chi2.ppf(0.975, 1) - 0.0025) ** 0.5)
    assert a.certain
    assert (b.spread, b.low, b.high, b.certain) == (0, 0, 0, False)
    assert (a.seeds, a.seeds_low, a.seeds_high) == (None, None, None)


def test_seeds_by_hand() -> None:
    known = dict.fromkeys(RunNoise.__dataclass_fields__, 0.0)
    noise = {
        "a": RunNoise(**(known | {"run": 0.04, "run_freedom": 4.0})),
        "b": RunNoise(**(known | {"run": 0.09, "reference_freedom": 1.0})),
    }
    a, b, c = stability(Pairs.of_measured(NAMES, pairs_of(NAMES, SCORE)), noise)
    assert a.seeds == pytest.approx(0.2)
    assert a.seeds_low == pytest.approx((0.04 * 4 / stats.chi2.ppf(0.975, 4)) ** 0.5)
    assert a.seeds_high == pytest.approx((0.04 * 4 / stats.chi2.ppf(0.025, 4)) ** 0.5)
    assert b.seeds == pytest.approx(0.3)
    assert c.seeds is None


def test_noise_alone_has_no_spread_and_planted_spread_is_found() -> None:
    rng = np.random.default_rng(0)
    for planted in (0.0, 0.1):
        spreads, hits, certain = [], [], []
        for _ in range(40):
            true = planted * rng.standard_normal((12, 12))
            for of in stability(Pairs.of_measured([f"t{t}" for t in range(12)], noisy(true, rng, **NOISE))):
                spreads.append(of.spread**2)
                hits.append(of.low <= planted <= of.high)
                certain.append(of.certain)
        assert np.mean(spreads) ** 0.5 == pytest.approx(planted, abs=0.015)
        assert 0.92 <= np.mean(hits) <= 1.0  # at 0 the lower end cannot miss
        assert np.mean(certain) < 0.05 if planted == 0 else np.mean(certain) > 0.9


NOISE = {"run": 0.02, "sample": 0.02, "reference": 0.5}


def test_runs_with_seeds_tell_the_planted_spread_and_noise() -> None:
    """Losses, scores and seeds of a world whose pair gains spread by 0.1."""
    world = World(tasks=8, seeds=3, references=3, examples=400, noise=0.03, seed=1)
    names = list(world.tasks)
    measured = measure_groups(world.runs, world.references, world.tasks)
    noise = seed_noise(world.runs, world.references, world.tasks)
    found = stability(Pairs.of_measured(names, measured), noise)
    truth = {n: np.std([g[p.index(n)] for p, g in world.gains.items() if n in p], ddof=1) for n in names}
    np.testing.assert_allclose([of.spread for of in found], [truth[of.task] for of in found], atol=0.04)
    seeds = np.array([of.seeds for of in found], dtype=np.float64)
    planted = np.array([np.hypot(world.noise[of.task], 0.3 / 400**0.5) for of in found])
    np.testing.assert_allclose(seeds, planted, rtol=0.7)
    assert np.exp(np.mean(np.log(seeds / planted))) == pytest.approx(1, abs=0.15)


def test_one_partner_makes_no_spread() -> None:
    assert stability(Pairs.of_measured(("a", "b"), pairs_of(("a", "b"), SCORE))) == ()


def test_a_target_that_cannot_be_learnt_is_left_out_and_stays_a_partner() -> None:
    pairs = Pairs.of_measured(NAMES, pairs_of(NAMES, SCORE), learnable={"a": True, "b": False, "c": True})
    assert [(of.task, of.partners) for of in stability(pairs)] == [("a", 2), ("c", 2)]
