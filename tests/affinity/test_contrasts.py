import numpy as np
import pytest
from scipy import stats

from affinity.contrasts import Contrast, Measurements
from affinity.gains import measure_groups
from tests.affinity.samples import World, run

PAIR = ("t0", "t1")


def _world(**more: float) -> World:
    settings = {"tasks": 3, "seeds": 3, "references": 3, "examples": 200, "noise": 0.05, "seed": 0} | more
    return World(**settings)  # type: ignore[arg-type]


def _read(world: World) -> Measurements:
    return Measurements(world.runs, world.references, world.tasks, split="test")


def test_against_singles_it_is_the_mean_gain() -> None:
    world = _world()
    found = _read(world).contrast([PAIR, ("t2",)], [("t0",), ("t1",), ("t2",)])
    of = measure_groups(world.runs, world.references, world.tasks, split="test")[PAIR]
    assert found is not None
    assert of.gain_parts is not None
    assert found.gain == pytest.approx(float(of.gain.sum()) / 3)
    parts = of.gain_parts
    alone = np.sum(parts.sample**2) + np.sum(parts.reference**2)
    run_ = of.gain_companions * parts.run.sum() ** 2 + (1 - of.gain_companions) * np.sum(parts.run**2)
    assert found.error == pytest.approx(np.sqrt(alone + run_) / 3)


def test_turned_round_it_changes_its_sign_alone() -> None:
    read = _read(_world())
    first, second = [PAIR, ("t2",)], [("t0", "t2"), ("t1",)]
    one, other = read.contrast(first, second), read.contrast(second, first)
    assert one is not None
    assert other is not None
    assert (one.gain, one.error, one.freedom) == pytest.approx((-other.gain, other.error, other.freedom))


def test_a_grouping_against_itself_is_nothing_for_certain() -> None:
    assert _read(_world()).contrast([PAIR, ("t2",)], [PAIR, ("t2",)]) == Contrast(
        gain=0.0, error=0.0, sample=0.0, freedom=np.inf
    )


def test_a_group_that_was_not_trained_gives_nothing() -> None:
    assert _read(_world()).contrast([("t0", "t1", "t2")], [PAIR, ("t2",)]) is None


def test_between_groups_the_reference_drops_out() -> None:
    """Other references leave the difference of two pairs as it is."""
    world, changed = _world(), _world()
    for name in ("t0",):
        changed.references[name] = [
            run((name,), of.seed, {name: of.members[name].losses["test"] + 0.3}) for of in world.references[name]
        ]
    first, second = [PAIR, ("t2",)], [("t0", "t2"), ("t1",)]
    one, other = _read(world).contrast(first, second), _read(changed).contrast(first, second)
    assert one is not None
    assert other is not None
    assert one.gain == pytest.approx(other.gain, abs=1e-6)


def test_intervals_hold_the_truth_as_often_as_stated() -> None:
    """Two groupings of four tasks in pairs: the true difference of mean gains lies in 95 % intervals."""
    first, second = [("t0", "t1"), ("t2", "t3")], [("t0", "t2"), ("t1", "t3")]
    hits = []
    for seed in range(200):
        world = _world(tasks=4, seed=seed, examples=100, noise=0.1)
        found = _read(world).contrast(first, second)
        assert found is not None
        truth = sum(float(world.gains[of].sum()) for of in first) - sum(float(world.gains[of].sum()) for of in second)
        half = stats.t.ppf(0.975, found.freedom) * found.error
        hits.append(abs(found.gain - truth / 4) <= half)
    assert 0.91 <= np.mean(hits) <= 0.99


def test_tasks_without_references_count_nothing() -> None:
    world = _world()
    few = {name: of for name, of in world.references.items() if name != "t1"}
    read = Measurements(world.runs, few, world.tasks, split="test")
    found = read.contrast([PAIR, ("t2",)], [("t0",), ("t1",), ("t2",)])
    of = measure_groups(world.runs, few, world.tasks, split="test", unjudged=["t1"])[PAIR]
    assert found is not None
    assert found.gain == pytest.approx(of.gain[0] / 3)
