from dataclasses import asdict

import numpy as np
import pytest

from affinity.factors import FACTORS, Factors, factors
from affinity.gains import measure_groups, seed_noise
from affinity.matrix import AffinityMatrix
from tasks.audit import audit
from tasks.errors import InputError
from tests.affinity.factors.worlds import group, pairs_of
from tests.affinity.samples import World
from tests.tasks.audit.build import clean_texts, make_task

NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def found() -> Factors:
    rng = np.random.default_rng(0)
    score = 0.1 * rng.normal(size=(4, 4))
    measured = pairs_of(NAMES, score, run=0.01, sample=0.01) | {NAMES: group(NAMES, [0.1, 0.0, 0.1, 0.2], run=0.01)}
    matrices = {
        name: AffinityMatrix(NAMES, np.where(np.eye(4), 0, values), np.zeros((4, 4)))
        for name, values in (("small", score), ("large", score + 0.05 * rng.normal(size=(4, 4))))
    }
    tasks = [make_task(name, clean_texts(seed)) for seed, name in enumerate(NAMES)]
    known = {"small": 0.5, "large": 0.5}
    return factors(NAMES, measured, matrices=matrices, reliabilities=known, audit=audit(tasks))


def test_everything_is_measured_where_the_evidence_is_there(found: Factors) -> None:
    assert found.missing == {}
    assert all(getattr(found, name) is not None for name in FACTORS)
    assert found.architecture is not None
    assert (found.architecture[0].first, found.architecture[0].ceiling) == ("small", pytest.approx(0.5))
    assert found.complementarity is not None
    assert len(found.complementarity.groups) == 1


def test_what_cannot_be_measured_says_why() -> None:
    nothing = factors(NAMES, {})
    assert asdict(nothing) == dict.fromkeys(FACTORS) | {"missing": nothing.missing}
    assert set(nothing.missing) == set(FACTORS)
    assert all(reason and not reason.endswith(".") for reason in nothing.missing.values())
    two = factors(("a", "b"), pairs_of(("a", "b"), np.array([[0, 0.1], [0.2, 0]]), run=0.1))
    assert set(two.missing) == {"stability", "architecture", "quality"}
    hopeless = factors(NAMES, pairs_of(NAMES, np.zeros((4, 4))), learnable=dict.fromkeys(NAMES, False))
    assert set(hopeless.missing) == set(FACTORS)


def test_the_order_of_tasks_and_groups_changes_no_number() -> None:
    world = World(tasks=5, seeds=2, references=2, examples=60, noise=0.1, seed=3)
    measured = measure_groups(world.runs, world.references, world.tasks)
    noise = seed_noise(world.runs, world.references, world.tasks)
    names = list(world.tasks)
    one = factors(names, measured, noise=noise)
    other = factors(names[::-1], dict(reversed(measured.items())), noise=noise)
    assert one.stability is not None
    assert other.stability is not None
    for left, right in zip(one.stability, other.stability[::-1], strict=True):
        assert asdict(left) == pytest.approx(asdict(right))
    assert one.asymmetry is not None
    assert other.asymmetry is not None
    assert one.asymmetry.pairs == other.asymmetry.pairs
    assert one.asymmetry.share == pytest.approx(other.asymmetry.share)
    assert one.complementarity is not None
    assert other.complementarity is not None
    for giver, same in zip(one.complementarity.sources, other.complementarity.sources, strict=True):
        assert giver.task == same.task
        assert asdict(giver.gives) == pytest.approx(asdict(same.gives))


def test_the_noise_of_a_seed_needs_two_references() -> None:
    world = World(tasks=2, seeds=1, references=1, examples=20, noise=0.1, seed=0)
    with pytest.raises(InputError, match="two or more reference runs"):
        seed_noise(world.runs, world.references, world.tasks)
