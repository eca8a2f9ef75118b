"""Simulated training: against plain gradient descent on a model that is linear, and its laws."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from affinity import kernel as kernel_module
from affinity import mapped
from affinity import simulation as simulation_module
from affinity.gradient_pass import TaskPass
from affinity.kernel import Kernel, kernel, mean_square
from affinity.partner_regression import PartnerRegression
from affinity.readouts import ReadoutLoss
from affinity.resample import resample
from affinity.simulated_gains import SimulatedGains
from affinity.simulation import ROUNDS, Simulation
from affinity.splits import SPLITS
from tests.trainers.samples import word_task
from trainers.cost import Cost
from trainers.settings import Training

Array = NDArray[np.float64]
CPU = torch.device("cpu")
ROUNDING = 1e-4
"""fp32 sums of many small steps."""
PRIOR = {"stop": 1.0, "select": 1.0}


def linear_pass(weights: Array, *, seed: int, examples: int = 24, repeats: int = 1, head: bool = False) -> TaskPass:
    """A task whose margins are linear in shared weights; those that it wants are ``weights``."""
    generator = np.random.default_rng(seed)
    gradients, start, inputs, slopes = {}, {}, {}, {}
    for split in SPLITS:
        direction = generator.standard_normal((examples, repeats, len(weights)))
        label = np.sign(direction @ weights + 0.3 * generator.standard_normal((examples, repeats)))
        gradients[split] = (direction * label[..., None]).astype(np.float32)
        start[split] = np.full((examples, repeats), 0.1, dtype=np.float32)
        if head:
            inputs[split] = generator.standard_normal((examples, 3)).astype(np.float32)
            slopes[split] = generator.standard_normal((examples, repeats, 1)).astype(np.float32)
    rows = {split: np.arange(examples) for split in SPLITS}
    return TaskPass(examples, rows, start, gradients, inputs, slopes, Cost())


def simulation(passes: Mapping[str, TaskPass], *, squared: bool = False, **training: float) -> Simulation:
    settings = {"batch_size": 8, "learning_rate": 1e-2, "head_learning_rate": 1e-2, "warmup": 0, "ema": 0.0}
    losses = {name: ReadoutLoss(squared=squared) for name in passes}
    made = kernel(passes, losses, batch_size=8, device=CPU)
    return Simulation(made, dict.fromkeys(passes, PRIOR), Training(**{**settings, **training}))


@pytest.fixture
def passes() -> dict[str, TaskPass]:
    """Two tasks that want the same, and one that wants the opposite."""
    wanted = np.random.default_rng(0).standard_normal(12)
    return {
        "north": linear_pass(wanted, seed=1),
        "again": linear_pass(wanted, seed=2),
        "south": linear_pass(-wanted, seed=3),
    }


@pytest.mark.parametrize(("squared", "repeats", "head"), [(False, 1, False), (True, 1, True), (False, 3, True)])
def test_equal_to_descent_in_the_weights(squared: bool, repeats: int, head: bool) -> None:
    wanted = np.random.default_rng(0).standard_normal(12)
    passes = {
        name: linear_pass(wanted * sign, seed=seed, repeats=repeats, head=head)
        for seed, (name, sign) in enumerate({"north": 1, "south": -1}.items())
    }
    of = simulation(passes, squared=squared)
    found = of.run(np.array([[True, True], [True, False]]), passes=2)
    np.testing.assert_allclose(found.stop[:, 0], descend(of, passes, ["north", "south"], passes_made=2), atol=ROUNDING)
    np.testing.assert_allclose(found.stop[:, 1, :1], descend(of, passes, ["north"], passes_made=2), atol=ROUNDING)


def test_products_in_a_file_are_those_in_memory(
    passes: dict[str, TaskPass], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In blocks of one task, and all columns read where they lie."""
    members = np.array([[True, True, False], [True, False, True], [False, True, True]])
    here = simulation(passes)
    expected = here.run(members, passes=2).select
    for module in (mapped, kernel_module, simulation_module):
        monkeypatch.setattr(module, "IN_MEMORY", 1)
    losses = {name: ReadoutLoss(squared=False) for name in passes}
    made = kernel(passes, losses, batch_size=8, device=CPU, folder=tmp_path)
    found = replace(here, kernel=made)
    for name, block in here.kernel.blocks.items():
        for split in SPLITS:
            assert made.blocks[name].shared[split].equal(block.shared[split])
        assert made.blocks[name].gram.equal(block.gram)
    np.testing.assert_allclose(found.run(members, passes=2).select, expected, rtol=1e-5)


def descend(of: Simulation, passes: Mapping[str, TaskPass], group: list[str], *, passes_made: int) -> Array:
    """The same training with weights: stop losses after every pass, ``(P, members)``."""
    loss = of.kernel.blocks[group[0]].loss
    size, rate = of.training.batch_size, of.training.learning_rate
    scale = shared_scale(of.kernel, passes)
    shared = np.zeros(len(scale))
    heads = {name: np.zeros(head_gradients(passes[name], "train").shape[2]) for name in group}
    own_scale = {
        name: inverse_root(
            mean_square(head_gradients(passes[name], "train"), passes[name].start["train"], loss, batch_size=size)
        )
        for name in group
    }
    met, own_met, losses = 0.0, dict.fromkeys(group, 0.0), []
    for number in range(passes_made * ROUNDS):
        gradient, squares, steps, own = np.zeros(len(scale)), 0.0, 0.0, {}
        for name in group:
            each, each_own = (
                slopes_of(passes[name], loss, shared, heads[name])[..., None] * g
                for g in (passes[name].gradients["train"], head_gradients(passes[name], "train"))
            )
            by_example, by_example_own = each.sum(1), each_own.sum(1)  # shape: (N, d)
            own_steps = len(by_example) / size
            gradient += by_example.sum(0) / size / ROUNDS
            squares += own_steps * batch_square(by_example, size)
            steps += own_steps
            own[name] = by_example_own.sum(0) / size / ROUNDS
            own_met[name] = (own_met[name] * number + batch_square(by_example_own, size)) / (number + 1)
        met = (met * number + squares / steps) / (number + 1)
        shared -= rate * np.sqrt(len(scale) / met) * scale * gradient
        for name in group:
            if len(heads[name]):
                pace = of.training.head_learning_rate * np.sqrt(len(heads[name]) / own_met[name])
                heads[name] -= pace * own_scale[name] * own[name]
        if (number + 1) % ROUNDS == 0:
            losses.append([float(values(passes[name], loss, shared, heads[name]).mean()) for name in group])
    return np.array(losses)


def head_gradients(of: TaskPass, split: str) -> Array:
    if split not in of.inputs:
        return np.zeros((*of.start[split].shape, 0))
    return np.einsum("nrc,nh->nrch", of.slopes[split], of.inputs[split]).reshape(*of.start[split].shape, -1)


def readouts(of: TaskPass, split: str, shared: Array, head: Array) -> torch.Tensor:
    moved = of.start[split] + of.gradients[split] @ shared + head_gradients(of, split) @ head
    return torch.from_numpy(np.asarray(moved, dtype=np.float64))


def slopes_of(of: TaskPass, loss: ReadoutLoss, shared: Array, head: Array) -> Array:
    read = readouts(of, "train", shared, head)
    return loss.slope(read).numpy() / read.shape[1]


def values(of: TaskPass, loss: ReadoutLoss, shared: Array, head: Array) -> Array:
    return loss.value(readouts(of, "stop", shared, head)).numpy()


def batch_square(each: Array, size: int) -> float:
    """Expected squared norm of the mean over a random batch."""
    return float((each.mean(0) ** 2).sum() + each.var(0).sum() / size)


def inverse_root(squares: Array) -> Array:
    if not len(squares):
        return squares
    return np.asarray((squares / squares.mean() + 0.01) ** -0.5)


def shared_scale(of: Kernel, passes: Mapping[str, TaskPass]) -> Array:
    squares = [
        mean_square(p.gradients["train"], p.start["train"], of.blocks[name].loss, batch_size=8)
        for name, p in passes.items()
    ]
    return inverse_root(np.mean([of / of.mean() for of in squares], axis=0))


def gains(of: Simulation, *, passes: int = 4) -> SimulatedGains:
    return SimulatedGains(of, passes=passes, limits=dict.fromkeys(of.tasks, 12))


def test_a_task_that_wants_the_same_helps_and_one_that_wants_the_opposite_harms(passes: dict[str, TaskPass]) -> None:
    pairs = np.array([[True, True, False], [True, False, True]])
    found = gains(simulation(passes)).gains(pairs)
    assert found[0, 0] > found[1, 0]
    assert found[1, 0] < 0


def test_a_single_gains_nothing_and_others_are_not_asked(passes: dict[str, TaskPass]) -> None:
    found = gains(simulation(passes)).gains(np.eye(3, dtype=bool))
    np.testing.assert_array_equal(found, np.where(np.eye(3), 0.0, np.nan))


def test_groups_do_not_see_each_other_nor_the_order_of_tasks(passes: dict[str, TaskPass]) -> None:
    members = np.array([[True, True, False], [True, True, True], [False, True, True]])
    whole = simulation(passes).run(members, passes=2)
    for row in range(3):
        alone = simulation(passes).run(members[[row]], passes=2)
        np.testing.assert_allclose(alone.select[0], whole.select[row], atol=ROUNDING)
    turned = simulation(dict(reversed(passes.items()))).run(members[:, ::-1], passes=2)
    np.testing.assert_allclose(turned.select[:, ::-1], whole.select, atol=ROUNDING)


def test_a_reference_ends_by_patience_and_is_read_at_its_best_point(passes: dict[str, TaskPass]) -> None:
    of = simulation(passes, learning_rate=0.05)
    found = of.references(passes=2, limits=dict.fromkeys(passes, 12))
    for t in range(3):
        curve = found.stop[:, t, t]
        best = int(found.chosen[t])
        assert (curve[best] <= curve[: best + 3]).all()


@pytest.mark.parametrize("squared", [True, False])
def test_a_simulation_that_diverges_is_bad_and_finite(passes: dict[str, TaskPass], squared: bool) -> None:
    found = simulation(passes, squared=squared, learning_rate=1e6).run(np.ones((1, 3), dtype=bool), passes=3)
    assert np.isfinite(found.select).all()
    assert (found.select > 2).all()


def test_averages_lag_behind(passes: dict[str, TaskPass]) -> None:
    plain, averaged = (
        simulation(passes, ema=ema).run(np.ones((1, 3), dtype=bool), passes=1).stop[0, 0] for ema in (0.0, 0.9)
    )
    start = np.log1p(np.exp(-0.1))
    assert (np.abs(averaged - start) < np.abs(plain - start)).all()


def test_a_resample_counts_every_unit_whole_and_once_on_average() -> None:
    task = word_task("north", word=2)
    of = simulation({"north": linear_pass(np.ones(4), seed=0, examples=48, repeats=2)})
    counts = resample(of.kernel, {"north": task}, seed=0, number=1)
    for split in SPLITS:
        each = counts["north", split].reshape(-1, 2)
        torch.testing.assert_close(each[:, 0], each[:, 1])
        assert len(each) == 48
        assert float(each.mean()) == pytest.approx(1.0)
    again = resample(of.kernel, {"north": task}, seed=0, number=2)
    assert not torch.equal(counts["north", "train"], again["north", "train"])


def test_an_example_that_stands_for_two_is_as_two_alike(passes: dict[str, TaskPass]) -> None:
    """Steps per pass, warm-up, averages and Adam's scale are those of all examples."""
    twice = {name: of_rows(of, np.repeat(np.arange(of.examples), 2)) for name, of in passes.items()}
    standing = {name: replace(of, examples=2 * of.examples) for name, of in passes.items()}
    groups = np.array([[True, True, False], [True, False, False], [True, True, True]])
    found, expected, half = (
        simulation(of, ema=0.9, warmup=3.0).run(groups, passes=2).select for of in (standing, twice, passes)
    )
    np.testing.assert_allclose(found, expected, atol=ROUNDING)
    assert np.nanmax(np.abs(half - expected)) > 10 * ROUNDING


def of_rows(of: TaskPass, rows: NDArray[np.int64]) -> TaskPass:
    """A pass over these training examples."""
    kinds = {kind: {**getattr(of, kind), "train": getattr(of, kind)["train"][rows]} for kind in ("start", "gradients")}
    return replace(of, examples=len(rows), rows={**of.rows, "train": np.arange(len(rows))}, **kinds)


def test_a_resample_counts_units_whole_among_those_that_were_looked_at() -> None:
    task = word_task("north", word=2)
    train = replace(task.splits["train"], units=np.arange(48) // 4)
    task = replace(task, splits={**task.splits, "train": train})
    rows = np.arange(3, 48, 2)
    of = of_rows(linear_pass(np.ones(4), seed=0, examples=48), rows)
    made = simulation({"north": replace(of, examples=48, rows={**of.rows, "train": rows})})
    whole = simulation({"north": linear_pass(np.ones(4), seed=0, examples=48)})
    some, every = (
        resample(kept.kernel, {"north": task}, seed=0, number=1)["north", "train"].numpy() for kept in (made, whole)
    )
    np.testing.assert_allclose(some / some.sum(), every[rows] / every[rows].sum(), atol=1e-6)
    assert all(len(np.unique(some[train.units[rows] == unit])) == 1 for unit in range(12))


def test_a_group_is_simulated_once(passes: dict[str, TaskPass], monkeypatch: pytest.MonkeyPatch) -> None:
    of = gains(simulation(passes))
    pair = np.array([[True, True, False]])
    first = of.gains(pair)
    monkeypatch.setattr(Simulation, "run", None)
    np.testing.assert_array_equal(of.gains(pair), first)
    assert of.flops > of.simulation.kernel.flops


def test_resamples_trained_together_are_as_those_trained_one_by_one(passes: dict[str, TaskPass]) -> None:
    """A resample that leaves examples out and doubles others is a task with those examples."""
    of = gains(simulation(passes))
    pairs = np.array([[True, True, False], [False, True, True]])
    ones = {key: torch.ones(len(values)) for key, values in counts_like(of).items()}
    twice = {key: torch.tensor([2.0, 0.0]).repeat(len(values) // 2) for key, values in ones.items()}
    found = of.resampled(pairs, [ones, twice, ones])
    plain = of.gains(pairs)
    np.testing.assert_allclose(found[0], plain, atol=ROUNDING)
    np.testing.assert_allclose(found[2], plain, atol=ROUNDING)
    np.testing.assert_allclose(found[1], of.resampled(pairs, [twice])[0], atol=ROUNDING)
    kept = pairs & ~np.isclose(plain, 0, atol=1e-4)
    assert (np.abs(found[1] - plain)[kept] > 1e-4).any()


def counts_like(of: SimulatedGains) -> dict[tuple[str, str], torch.Tensor]:
    """Starting readouts by task and split."""
    return {
        (name, split): block.start[split] for name, block in of.simulation.kernel.blocks.items() for split in SPLITS
    }


def test_resampled_groups_that_are_not_simulated_follow_from_the_others(
    passes: dict[str, TaskPass], monkeypatch: pytest.MonkeyPatch
) -> None:
    of = gains(simulation(passes))
    every = np.array([[bool(code >> t & 1) for t in range(3)] for code in (3, 5, 6, 7)])
    draws = [{key: torch.ones(len(values)) for key, values in counts_like(of).items()}]
    exact = of.resampled(every, draws)
    monkeypatch.setattr("affinity.simulated_gains.MOST", 3)
    found = of.resampled(every, draws)
    np.testing.assert_array_equal(np.isnan(found[0]), ~every)
    simulated = np.isclose(found, exact, atol=ROUNDING, equal_nan=True).all(axis=2)[0]
    assert simulated.sum() == 3


def test_of_too_many_groups_some_are_simulated_and_the_others_follow(
    passes: dict[str, TaskPass], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = np.random.default_rng(0).standard_normal(12)
    more = {f"t{k}": linear_pass(wanted * (-1) ** k, seed=10 + k) for k in range(4)}
    every = np.array([[bool(code >> t & 1) for t in range(7)] for code in range(1, 128)])
    exact = gains(simulation({**passes, **more})).gains(every)
    monkeypatch.setattr("affinity.simulated_gains.MOST", 60)
    of = gains(simulation({**passes, **more}))
    found = of.gains(every)
    pairs = every.sum(axis=1) == 2
    np.testing.assert_allclose(found[pairs], exact[pairs], atol=ROUNDING)
    np.testing.assert_array_equal(np.isnan(found), ~every)
    large = every.sum(axis=1) > 2
    kept = every & large[:, None]
    assert np.corrcoef(found[kept], exact[kept])[0, 1] > 0.9
    assert not np.allclose(found[kept], exact[kept], atol=ROUNDING)


def test_a_regression_on_partners_recovers_what_is_linear_in_them() -> None:
    generator = np.random.default_rng(0)
    members = np.array([[bool(code >> t & 1) for t in range(5)] for code in range(32)])
    members = members[members.sum(axis=1) > 1]
    effects = generator.standard_normal((5, 5))
    size = members.sum(axis=1)[:, None]
    own = np.where(np.eye(5, dtype=bool), 0.0, effects)
    true = np.where(members, 0.3 - 0.1 * np.log(size) + members @ own / np.sqrt(size - 1), np.nan)
    shown = generator.permutation(len(members))[:22]
    found = PartnerRegression.fit(members[shown], true[shown]).gains(members)
    np.testing.assert_allclose(found, true, atol=0.05)  # the ridge's pull
