"""Early gains and final ones: the planted relation is found, its errors hold, and a slow reference agrees."""

from dataclasses import replace

import numpy as np
import pytest

from affinity.fidelity import LIKELY, SLOPE, STEPS, WIDE, Fidelity, Pairs, early_gains, final_gains
from tests.affinity.samples import World

TASKS = ("a", "b", "c", "d")
SAMPLED = 4.0
"""Standard errors within which a mean over many worlds lies."""


def pairs(
    count: int, *, slope: float = 1.0, own: float = 0.05, spread: float = 0.02, seed: int = 0, early: float = 0.1
) -> Pairs:
    generator = np.random.default_rng(seed)
    task = np.arange(count) % len(TASKS)
    x = generator.normal(0, early, size=count)
    levels = generator.normal(0.03, own, size=len(TASKS))
    return Pairs(task, x, levels[task] + slope * x + generator.normal(0, spread, size=count))


@pytest.mark.parametrize("slope", [0.4, 1.0, 1.4])
def test_a_planted_relation_is_found(slope: float) -> None:
    known = pairs(400, slope=slope)
    found = Fidelity.fit(TASKS, known)
    assert found.slope == pytest.approx(slope, abs=3 * found.slope_error)
    assert found.slope_error < 0.03
    assert found.spread == pytest.approx(0.02, rel=0.3)
    assert found.correlation is not None
    assert found.correlation == pytest.approx(slope * 0.1 / np.hypot(slope * 0.1, 0.02), abs=0.05)
    levels = [(known.final - slope * known.early)[known.task == t].mean() for t in range(4)]
    np.testing.assert_allclose(found.predict(TASKS, np.zeros(4))[0], levels, atol=0.01)


def test_with_few_runs_the_slope_is_what_is_expected() -> None:
    found = Fidelity.fit(TASKS, pairs(2, early=0.001))
    assert found.slope == pytest.approx(SLOPE[0], abs=0.05)
    assert found.slope_error == pytest.approx(SLOPE[1], rel=0.1)
    assert found.correlation is None


def test_errors_hold_for_what_was_not_seen() -> None:
    """Over worlds with slopes of their own, predictions of further runs after twelve lie within 1.96 errors in 95 %."""
    inside, count = 0, 0
    for world in range(200):
        generator = np.random.default_rng([world, 7])
        every = pairs(16, slope=generator.normal(*SLOPE), seed=world)
        first = Pairs(every.task[:12], every.early[:12], every.final[:12])
        found = Fidelity.fit(TASKS, first)
        mean, error = found.predict(TASKS, every.early[12:])
        inside += int((np.abs(every.final[12:] - mean) < 1.96 * error).sum())
        count += 4
    share = inside / count
    assert 0.95 - SAMPLED * np.sqrt(0.05 * 0.95 / count) < share
    assert share < 0.99


def test_the_order_of_runs_and_tasks_says_nothing() -> None:
    known = pairs(24)
    order = np.random.default_rng(0).permutation(24)
    one = Fidelity.fit(TASKS, known)
    other = Fidelity.fit(TASKS[::-1], Pairs(3 - known.task[order], known.early[order], known.final[order]))
    x = np.array([0.1, -0.2])
    for left, right in zip(one.predict(("a", "c"), x), other.predict(("a", "c"), x), strict=True):
        np.testing.assert_allclose(left, right)
    assert (one.spread, one.count) == (pytest.approx(other.spread), other.count)


def test_a_dense_gaussian_process_says_the_same() -> None:
    """The reference conditions all final values jointly, with the covariance written out, at the fitted spreads."""
    known, x = pairs(11, seed=3), np.array([0.05, -0.1])
    found = Fidelity.fit(TASKS, known)
    rest = known.final - SLOPE[0] * known.early
    raw = rest.std()

    def covariance(task: np.ndarray, early: np.ndarray, own: float) -> np.ndarray:
        return (WIDE * raw) ** 2 + own**2 * (task[:, None] == task) + SLOPE[1] ** 2 * early[:, None] * early

    def density(own: float, sigma: float) -> float:
        whole = covariance(known.task, known.early, own) + sigma**2 * np.eye(11)
        far = sum((np.log(of / raw) + np.log(2)) ** 2 for of in (own, sigma)) / LIKELY**2
        return -0.5 * float(rest @ np.linalg.solve(whole, rest) + np.linalg.slogdet(whole)[1] + far)

    own, sigma = max(((o, s) for o in raw * STEPS for s in raw * STEPS), key=lambda pair: density(*pair))
    assert found.spread == pytest.approx(sigma)
    every = Pairs(np.append(known.task, [1, 2]), np.append(known.early, x), known.final)
    whole = covariance(every.task, every.early, own)
    inner, across = whole[:11, :11] + sigma**2 * np.eye(11), whole[11:, :11]
    mean = SLOPE[0] * x + across @ np.linalg.solve(inner, rest)
    error = np.sqrt(np.diag(whole[11:, 11:] - across @ np.linalg.solve(inner, across.T)) + sigma**2)
    for left, right in zip(found.predict(("b", "c"), x), (mean, error), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-6)


def test_gains_of_one_run_by_hand() -> None:
    world = World(tasks=2, seeds=1, references=2, examples=40, noise=0.02, seed=0)
    group = ("t0", "t1")
    tasks = {name: replace(of, splits={**of.splits, "stop": of.splits["select"]}) for name, of in world.tasks.items()}
    (run,), prior = world.runs[group], {t: tasks[t].splits["stop"].prior_loss for t in group}
    curves = {"t0": np.array([0.9, 0.5, 0.7]), "t1": np.array([0.8, 0.6, 0.1])}
    run = replace(
        run,
        grid=np.arange(1.0, 4.0),
        members={t: replace(of, curve=curves[t] * prior[t]) for t, of in run.members.items()},
    )
    references = {
        t: [
            replace(of, chosen=1, members={t: replace(of.members[t], curve=np.array([1.0, low, 1.0]) * prior[t])})
            for of, low in zip(world.references[t], (0.4, 0.6), strict=True)
        ]
        for t in group
    }
    np.testing.assert_allclose(early_gains(run, references, tasks, points=1), [0.5 - 0.9, 0.5 - 0.8])
    np.testing.assert_allclose(early_gains(run, references, tasks, points=2), [0.0, -0.1])
    np.testing.assert_allclose(early_gains(run, references, tasks, points=3), [-0.2, 0.4])
    gains, deltas = final_gains(run, references, world.tasks)
    for place, task in enumerate(group):
        losses = [of.members[task].losses["select"].mean() for of in world.references[task]]
        own = run.members[task]
        expected = (np.mean(losses) - own.losses["select"].mean()) / world.tasks[task].splits["select"].prior_loss
        assert gains[place] == pytest.approx(expected)
        scores = [of.members[task].metric["select"] for of in world.references[task]]
        assert abs(deltas[place]) == pytest.approx(100 * abs(own.metric["select"] - np.mean(scores)))


@pytest.mark.parametrize("known", [pairs(1), Pairs(np.zeros(2, dtype=int), np.array([0.0, np.nan]), np.zeros(2))])
def test_refusal(known: Pairs) -> None:
    with pytest.raises(ValueError, match="two or more finite pairs"):
        Fidelity.fit(TASKS, known)
