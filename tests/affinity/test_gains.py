from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from affinity.gains import measure_groups
from affinity.skill import learnable, skills
from tasks.errors import InputError
from tasks.metrics import METRICS
from tests.affinity.samples import World, run, task
from trainers.result import GroupResult

TARGETS = np.array([0, 1, 1, 0])


def _flat(level: float) -> np.ndarray:
    return np.full(4, level)


def test_gain_and_delta_by_hand() -> None:
    """Losses 0.6 and 0.5 of a prior of 0.5: gain 0.2. Right answers 2 and 3 of 4: 25 points."""
    of = {"a": task("a", TARGETS, prior_loss=0.5), "b": task("b", TARGETS, prior_loss=2.0)}
    two, three = np.array([-1.0, 1, -1, 1]), np.array([-1.0, 1, 1, 1])
    references = {name: [run((name,), s, {name: _flat(0.6)}, scores={name: two}) for s in (0, 1)] for name in of}
    pair = [run(("a", "b"), s, {"a": _flat(0.5), "b": _flat(0.7)}, scores={"a": three, "b": two}) for s in (0, 1)]
    found = measure_groups({("b", "a"): pair, ("a",): references["a"]}, references, of)
    assert set(found) == {("a", "b"), ("a",)}
    measured = found["a", "b"]
    np.testing.assert_allclose(measured.gain, [0.2, -0.05], rtol=1e-6)
    np.testing.assert_allclose(measured.delta, [25, 0])
    np.testing.assert_allclose(measured.gain_error, 0, atol=1e-9)
    assert measured.seeds == 2
    assert measured.delta_parts is not None
    np.testing.assert_array_equal(measured.delta_parts.examples, 4)
    single = found["a",]
    assert [float(x[0]) for x in (single.gain, single.gain_error, single.delta, single.delta_error)] == [0, 0, 0, 0]


def test_a_metric_that_is_minimised_is_turned_round() -> None:
    lower = replace(METRICS["accuracy"], direction="minimize")
    of = {name: replace(task(name, TARGETS), metric=lower) for name in ("a", "b")}
    wrong, right = np.array([1.0, -1, -1, 1]), np.array([-1.0, 1, 1, -1])
    references = {name: [run((name,), s, {name: _flat(1)}, scores={name: right}) for s in (0, 1)] for name in of}
    pair = [run(("a", "b"), 0, {"a": _flat(1), "b": _flat(1)}, scores={"a": wrong, "b": right})]
    np.testing.assert_allclose(measure_groups({("a", "b"): pair}, references, of)["a", "b"].delta, [100, 0])


def test_scaling_a_tasks_losses_with_its_prior_changes_nothing() -> None:
    world = World(tasks=3, seeds=2, references=3, examples=60, noise=0.1, seed=0)
    plain = measure_groups(world.runs, world.references, world.tasks)
    sevenfold = {
        name: replace(of, splits={s: replace(rows, prior_loss=7.0) for s, rows in of.splits.items()})
        for name, of in world.tasks.items()
    }

    def scaled(of: GroupResult) -> GroupResult:
        return run(of.group, of.seed, {n: 7 * m.losses["select"] for n, m in of.members.items()})

    runs = {group: [scaled(r) for r in of] for group, of in world.runs.items()}
    references = {name: [scaled(r) for r in of] for name, of in world.references.items()}
    other = measure_groups(runs, references, sevenfold)
    for group, measured in plain.items():
        np.testing.assert_allclose(other[group].gain, measured.gain, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(other[group].gain_error, measured.gain_error, rtol=1e-4)


def test_the_order_of_tasks_and_runs_does_not_matter() -> None:
    world = World(tasks=3, seeds=2, references=3, examples=60, noise=0.1, seed=1)
    plain = measure_groups(world.runs, world.references, world.tasks)
    turned = measure_groups(
        {group[::-1]: of[::-1] for group, of in reversed(world.runs.items())},
        {name: of[::-1] for name, of in reversed(world.references.items())},
        dict(reversed(world.tasks.items())),
    )
    for group, measured in plain.items():
        for field in ("gain", "gain_error", "delta", "delta_error", "freedom"):
            np.testing.assert_allclose(getattr(turned[group], field), getattr(measured, field), rtol=1e-9)


@pytest.mark.parametrize(("seeds", "references"), [(2, 3), (3, 3), (1, 3)])
def test_intervals_of_gain_and_delta_cover_the_planted_truth(seeds: int, references: int) -> None:
    gains, deltas = [], []
    for seed in range(12):
        world = World(tasks=4, seeds=seeds, references=references, examples=150, noise=0.06, seed=seed)
        for pair, of in measure_groups(world.runs, world.references, world.tasks).items():
            half = stats.t.ppf(0.975, of.gain_freedom) * of.gain_error
            gains += list(np.abs(of.gain - world.gains[pair]) <= half)
            half = stats.t.ppf(0.975, of.freedom) * of.delta_error
            deltas += list(np.abs(of.delta - world.deltas(pair)) <= half)
    assert 0.90 <= np.mean(gains) <= 0.99
    assert 0.90 <= np.mean(deltas) <= 0.99


def test_more_reference_seeds_make_gains_surer() -> None:
    few = World(tasks=4, seeds=2, references=2, examples=100, noise=0.3, seed=3)
    many = World(tasks=4, seeds=2, references=12, examples=100, noise=0.3, seed=3)
    parts = [measure_groups(w.runs, w.references, w.tasks)["t0", "t1"].gain_parts for w in (few, many)]
    assert parts[0] is not None
    assert parts[1] is not None
    assert np.all(parts[1].reference < 0.7 * parts[0].reference)


def test_rows_of_one_unit_count_as_one() -> None:
    world = World(tasks=2, seeds=2, references=2, examples=40, noise=0.0, seed=4)

    def five_times(of: GroupResult) -> GroupResult:
        return run(of.group, of.seed, {n: np.repeat(m.losses["select"], 5) for n, m in of.members.items()})

    units = np.repeat(np.arange(40), 5)
    repeated = {name: task(name, np.repeat(of, 5), units=units) for name, of in world.targets.items()}
    runs = {group: [five_times(r) for r in of] for group, of in world.runs.items()}
    references = {name: [five_times(r) for r in of] for name, of in world.references.items()}
    once = measure_groups(world.runs, world.references, world.tasks)["t0", "t1"]
    five = measure_groups(runs, references, repeated)["t0", "t1"]
    np.testing.assert_allclose(five.gain, once.gain, rtol=1e-6)
    np.testing.assert_allclose(five.gain_error, once.gain_error, rtol=1e-6)


def _pair() -> World:
    return World(tasks=2, seeds=2, references=2, examples=20, noise=0.1, seed=5)


def test_one_reference_run_is_refused() -> None:
    world = _pair()
    world.references["t1"] = world.references["t1"][:1]
    with pytest.raises(InputError, match=r"tasks.t1: Expected two or more reference runs .* but got 1"):
        measure_groups(world.runs, world.references, world.tasks)


def test_a_member_without_a_reference_is_refused() -> None:
    world = _pair()
    del world.references["t1"]
    with pytest.raises(InputError, match=r"`t1` has none; train it alone first"):
        measure_groups(world.runs, world.references, world.tasks)


@pytest.mark.parametrize(
    ("losses", "message"),
    [(np.ones(19), "the 20 rows of the select split of `t0`, but got 19"), (np.full(20, np.nan), "training diverged")],
)
def test_losses_of_other_rows_or_of_a_diverged_run_are_refused(losses: np.ndarray, message: str) -> None:
    world = _pair()
    world.runs["t0", "t1"][1] = run(("t0", "t1"), 1, {"t0": losses, "t1": np.ones(20)})
    with pytest.raises(InputError, match=rf"run t0\+t1, seed 1: .*{message}"):
        measure_groups(world.runs, world.references, world.tasks)


def test_a_closed_test_half_repeated_seeds_no_runs_and_one_unit_are_refused() -> None:
    world = _pair()
    of = world.references["t0"][0]
    member = replace(of.members["t0"], losses={"select": of.members["t0"].losses["select"]})
    closed = {**world.references, "t0": [replace(of, members={"t0": member}), world.references["t0"][1]]}
    with pytest.raises(InputError, match="held-out losses of `t0` on the test split, but the run has"):
        measure_groups(world.runs, closed, world.tasks, split="test")
    with pytest.raises(InputError, match="one run per seed"):
        measure_groups({("t0", "t1"): world.runs["t0", "t1"][:1] * 2}, world.references, world.tasks)
    with pytest.raises(InputError, match="at least one run, but got none"):
        measure_groups({("t0", "t1"): []}, world.references, world.tasks)
    single = {name: task(name, world.targets[name], units=np.zeros(20, dtype=np.int64)) for name in world.tasks}
    with pytest.raises(InputError, match="at least 2 independent units"):
        measure_groups(world.runs, world.references, single)


def test_skill_by_hand() -> None:
    references = [run(("a",), s, {"a": np.array([0.2, 0.4, 0.2, 0.4])}) for s in (0, 1)]
    found = learnable(references, task("a", TARGETS, prior_loss=0.5))
    half = stats.t.ppf(0.975, 3) * stats.sem([0.2, 0.4, 0.2, 0.4]) / 0.5  # no noise between seeds, four examples
    assert found.skill == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx((0.4 - half, 0.4 + half), rel=1e-5)
    assert found.learnable


def test_a_member_without_references_is_left_unjudged_and_the_others_are_measured() -> None:
    world = World(tasks=3, seeds=2, references=3, examples=40, noise=0.3, seed=4)
    runs = {pair: of for pair, of in world.runs.items() if "t0" in pair}
    known = {name: of for name, of in world.references.items() if name != "t1"}
    found = measure_groups(runs, known, world.tasks, unjudged=["t1"])
    pair = found["t0", "t1"]
    assert (pair.gain[1], pair.gain_error[1], pair.delta[1], pair.delta_error[1]) == (0, 0, 0, 0)
    assert pair.freedom[1] == np.inf
    assert pair.gain[0] != 0
    assert pair.gain_error[0] > 0


@pytest.mark.parametrize(("level", "constant"), [(1.0, True), (1.0 - 1e-8, True), (1e-9, False), (0.9, False)])
def test_losses_that_never_move_are_no_skill_unless_they_beat_the_constant(level: float, constant: bool) -> None:
    """Zero variance between runs and rows is no certainty that a rounding error is a gain."""
    of = {name: task(name, np.zeros(8, dtype=np.int64)) for name in ("a", "b")}
    references = {name: [run((name,), s, {name: np.full(8, level)}) for s in (0, 1)] for name in of}
    for found in skills(references, of).values():
        assert (found.constant, found.learnable) == (constant, not constant)
    pair = {("a", "b"): [run(("a", "b"), s, dict.fromkeys("ab", np.full(8, level))) for s in (0, 1)]}
    measured = measure_groups(pair, references, of)["a", "b"]
    np.testing.assert_array_equal(measured.gain, 0)
    np.testing.assert_array_equal(measured.gain_error, 0)
    assert np.isfinite(measured.delta_error).all()


def test_a_constant_predictor_is_seldom_called_learnable() -> None:
    """At the constant predictor's level one task in 40 should pass by luck."""
    rng = np.random.default_rng(6)
    passed = 0
    for _ in range(200):
        hard, luck = rng.normal(size=80), 0.05 * rng.normal(size=3)
        references = [run(("a",), s, {"a": 1 + luck[s] + 0.5 * hard}) for s in range(3)]
        passed += learnable(references, task("a", np.zeros(80, dtype=np.int64))).learnable
    assert 1 <= passed <= 10


def test_skills_of_several_tasks_share_what_they_know_of_noise() -> None:
    world = World(tasks=6, seeds=1, references=2, examples=60, noise=0.3, seed=7)
    together = skills(world.references, world.tasks)
    alone = {name: learnable(world.references[name], world.tasks[name]) for name in world.tasks}
    for name in world.tasks:
        assert together[name].skill == alone[name].skill
    widths = [np.median([of.high - of.low for of in found.values()]) for found in (together, alone)]
    assert widths[0] < widths[1]
