import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from affinity.variance import Readings, RunNoise, difference, interaction, run_noise, sampling_variance

Array = NDArray[np.float64]


def _read(losses: Array, seeds: list[int] | None = None) -> Readings:
    """Readings of losses of shape ``(R, N)``, every example a unit of its own."""
    means = losses.mean(axis=1)
    influence = (losses - means[:, None]) / losses.shape[1]
    return Readings(np.array(range(len(losses)) if seeds is None else seeds), means, influence)


def _noise(**parts: float) -> RunNoise:
    known: dict[str, float] = dict.fromkeys(RunNoise.__dataclass_fields__, 0.0)
    return RunNoise(**(known | {"run_freedom": 5.0, "reference_freedom": 5.0} | parts))


def test_the_difference_by_hand() -> None:
    """Two seeds each, no pairing: 3 - 1.5 with a variance of 0.04 / 2 + 0.02 / 2, and nothing from the sample."""
    reference, group = _read(np.array([[2.0, 2.0], [4.0, 4.0]])), _read(np.array([[1.0, 1.0], [2.0, 2.0]]))
    found = difference(reference, group, _noise(run=0.04, reference=0.02))
    assert found.value == pytest.approx(1.5)
    assert (found.run, found.reference, found.sample) == pytest.approx((0.02**0.5, 0.1, 0.0))
    assert found.freedom == pytest.approx(0.03**2 / (0.02**2 / 5 + 0.01**2 / 5))


def test_the_sample_part_is_that_of_paired_examples() -> None:
    rng = np.random.default_rng(0)
    reference, group = rng.normal(size=(1, 50)), rng.normal(size=(1, 50))
    found = difference(_read(reference), _read(group), _noise())
    assert found.sample == pytest.approx(stats.sem((reference - group)[0]))
    assert found.freedom == pytest.approx(49)


def test_equal_seeds_correct_a_group_for_the_luck_of_its_seed() -> None:
    """The group ran with the lucky seed 0 only; fully shared luck is taken off, unshared luck is not."""
    reference, group = _read(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])), _read(np.array([[-0.5, -0.5]]))
    known = {"run": 1.0, "reference": 1.0}
    assert difference(reference, group, _noise(**known)).value == pytest.approx(1.5)
    paired = difference(reference, group, _noise(**known, correlation=0.99))
    assert paired.value == pytest.approx(0.5, abs=0.02)
    assert paired.error < 0.3 * difference(reference, group, _noise(**known)).error


def test_the_parts_add_up_and_an_unpaired_seed_saves_nothing() -> None:
    rng = np.random.default_rng(1)
    known = {"run": 0.03, "reference": 0.02, "correlation": 0.6}
    reference = _read(rng.normal(size=(2, 30)))
    paired = difference(reference, _read(rng.normal(size=(2, 30))), _noise(**known))
    runs = (0.03 + 0.02 - 2 * 0.6 * (0.03 * 0.02) ** 0.5) / 2
    assert paired.run**2 + paired.reference**2 == pytest.approx(runs)
    apart = difference(reference, _read(rng.normal(size=(2, 30)), seeds=[8, 9]), _noise(**known))
    assert apart.run**2 + apart.reference**2 == pytest.approx(0.025)


def test_interaction_is_all_there_is_between_runs_without_run_effects() -> None:
    rng = np.random.default_rng(2)
    hard = rng.normal(size=400)
    readings = [_read(hard + rng.normal(size=(4, 400))) for _ in range(200)]
    between = np.mean([np.var(r.values, ddof=1) for r in readings])
    assert np.mean([interaction(r.influence, r.influence) / 3 for r in readings]) == pytest.approx(between, rel=0.1)
    assert between == pytest.approx(1 / 400, rel=0.1)


def test_a_unit_that_repeats_counts_once() -> None:
    """Every example twice in one unit: the sample variance is that of the distinct examples."""
    values = np.random.default_rng(3).normal(size=40)
    once = (values - values.mean()) / 40
    twice = np.add.reduceat(np.repeat(values - values.mean(), 2) / 80, np.arange(0, 80, 2))
    assert sampling_variance(twice) == pytest.approx(sampling_variance(once))
    assert sampling_variance(once) == pytest.approx(values.var(ddof=1) / 40)


def test_one_seed_per_group_borrows_the_noise_of_the_reference() -> None:
    rng = np.random.default_rng(4)
    reference = _read(rng.normal(size=(3, 1)) + rng.normal(size=(3, 20)))
    noise = run_noise({"a": reference}, {"a": [_read(rng.normal(size=(1, 20)))]})["a"]
    assert noise.run == noise.reference == pytest.approx(np.var(reference.values, ddof=1))
    assert (noise.run_freedom, noise.correlation) == (0, 0)


def test_the_correlation_of_equal_seeds_is_found_over_tasks() -> None:
    rng = np.random.default_rng(5)
    references, groups = {}, {}
    for t in range(60):
        luck = rng.normal(size=(3, 1))
        hard = 0.01 * rng.normal(size=(1, 20))
        references[str(t)] = _read(luck + hard)
        groups[str(t)] = [_read(0.8 * luck + 0.6 * rng.normal(size=(3, 1)) + hard) for _ in range(3)]
    noise = run_noise(references, groups)
    assert noise["0"].correlation == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize(
    ("seeds", "references", "shared", "noise"),
    [(2, 2, 0.5, 0.05), (2, 3, 0.0, 0.05), (2, 4, 0.8, 0.2), (3, 3, 0.5, 0.0), (4, 4, 0.3, 0.05), (1, 3, 0.5, 0.05)],
)
def test_intervals_cover_what_they_say(seeds: int, references: int, shared: float, noise: float) -> None:
    """Six tasks with five groups each, run noise that differs by task, shared and unshared example noise."""
    rng = np.random.default_rng([6, seeds, references])
    hits = []
    for _ in range(25):
        single: dict[int, Readings] = {}
        groups: dict[int, list[Readings]] = {}
        for t in range(6):
            sigma = noise * np.exp(0.5 * rng.normal())
            luck, hard = rng.normal(size=(max(seeds, references), 1)), rng.normal(size=200)
            single[t] = _read(sigma * luck[:references] + 0.5 * hard + 0.3 * rng.normal(size=(references, 200)))
            groups[t] = []
            for _ in range(5):
                own = np.sqrt(shared) * luck[:seeds] + np.sqrt(1 - shared) * rng.normal(size=(seeds, 1))
                mixed = 0.9 * hard + np.sqrt(0.19) * rng.normal(size=200)
                groups[t].append(_read(sigma * own + 0.5 * mixed + 0.3 * rng.normal(size=(seeds, 200))))
        found = run_noise({str(t): r for t, r in single.items()}, {str(t): g for t, g in groups.items()})
        for t, of in groups.items():
            for group in of:
                d = difference(single[t], group, found[str(t)])
                hits.append(abs(d.value) <= stats.t.ppf(0.975, d.freedom) * d.error)
    assert 0.90 <= np.mean(hits) <= 0.99
