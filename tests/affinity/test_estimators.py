"""What every estimator owes, and structure that was planted for it to find."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from affinity.estimators import ESTIMATORS, Estimate
from affinity.estimators.cosine import cosine
from affinity.gradients import FOLDS, PARTS_PER_FOLD, GradientJob, task_gradient
from tests.trainers.samples import every_kind, spec_of, word_task
from trainers.bench import BenchSpec, open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.trainer import Trainer

WORDS = {"north": 2, "south": 3, "again": 2}
"""Tasks by the token that they look for: two look for the same."""


def estimate(spec: BenchSpec, name: str, folder: Path, tasks: Sequence[str] | None = None) -> Estimate:
    if tasks is not None:
        spec = BenchSpec(**{**vars(spec), "tasks": {task: spec.tasks[task] for task in tasks}})
    trainer = Trainer(
        spec,
        InProcess(open_bench, spec),
        Ledger(folder / "ledger"),
        Budget(passes=2, seeds=2, reference_seeds=2),
        seed=0,
    )
    return ESTIMATORS[name]().estimate(trainer)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BenchSpec:
    tasks = {name: word_task(name, word=word, seed=place) for place, (name, word) in enumerate(WORDS.items())}
    return spec_of(tmp_path_factory.mktemp("estimators"), tasks)


@pytest.mark.parametrize("name", ESTIMATORS)
class TestEstimators:
    """The contract."""

    def test_scores_errors_and_cost_are_complete(self, name: str, spec: BenchSpec, tmp_path: Path) -> None:
        matrix = estimate(spec, name, tmp_path).matrix
        assert matrix.tasks == tuple(WORDS)
        assert matrix.scores.shape == matrix.errors.shape == (3, 3)
        assert np.isfinite(matrix.errors).all()
        assert (matrix.errors[~np.eye(3, dtype=bool)] > 0).all()
        assert (np.diag(matrix.scores) == 0).all()
        assert matrix.estimator == name
        assert matrix.cost.tokens_backward > 0
        assert matrix.cost.flops > 0

    def test_the_same_seed_gives_the_same_scores(self, name: str, spec: BenchSpec, tmp_path: Path) -> None:
        for folder in ("first", "second"):
            (tmp_path / folder).mkdir()
        first, second = (estimate(spec, name, tmp_path / folder).matrix for folder in ("first", "second"))
        np.testing.assert_array_equal(first.scores, second.scores)
        np.testing.assert_array_equal(first.errors, second.errors)

    def test_the_order_of_tasks_only_orders_the_matrix(self, name: str, spec: BenchSpec, tmp_path: Path) -> None:
        order = ("again", "north", "south")
        found = estimate(spec, name, tmp_path, order).matrix
        expected = estimate(spec, name, tmp_path).matrix.reorder(order)
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-9)  # sums over tasks in another order
        np.testing.assert_allclose(found.errors, expected.errors, rtol=1e-6, atol=1e-9)


def test_a_task_that_asks_the_same_pulls_in_the_same_direction(tmp_path: Path) -> None:
    tasks = {name: word_task(name, word=word, count=400, seed=word + len(name)) for name, word in WORDS.items()}
    matrix = estimate(spec_of(tmp_path, tasks), "cosine", tmp_path).matrix
    assert matrix["north", "again"] > matrix["north", "south"]
    assert matrix["north", "again"] > 2 * matrix.error("north", "again")
    np.testing.assert_allclose(matrix.scores, matrix.scores.T)


def test_pairs_and_references_are_trained_once_per_seed(spec: BenchSpec, tmp_path: Path) -> None:
    found = estimate(spec, "pairwise", tmp_path)
    assert found.matrix.cost.jobs == 3 * 2 + 3 * 2
    assert found.runs is not None
    assert {len(group) for group in found.runs.groups} == {2}
    assert set(found.runs.references) == set(WORDS)


def test_cosine_by_hand() -> None:
    left = np.array([[2.0, 0.0], [0.0, 2.0]], dtype=np.float32)  # mean (1, 1)
    right = np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32)  # mean (1, 0)
    score, error = cosine(left, right)
    assert score == pytest.approx(1 / np.sqrt(2))
    assert error == pytest.approx(0.5)  # without one part of `left` the cosine is 0 or 1
    assert cosine(right, right) == pytest.approx((1.0, 0.0))


def test_gradients_of_every_kind_reach_only_the_factor_that_starts_at_zero(tmp_path: Path) -> None:
    tasks = every_kind()
    bench = open_bench(spec_of(tmp_path, tasks))
    names = [name for name, parameter in bench.adapter.named_parameters() if parameter.requires_grad]
    sizes = [parameter.numel() for parameter in bench.adapter_parameters]
    for name in tasks:
        gradient = task_gradient(bench, name, seed=0).parts
        assert gradient.shape == (FOLDS * PARTS_PER_FOLD, sum(sizes))
        for parameter, values in zip(names, np.split(gradient, np.cumsum(sizes)[:-1], axis=1), strict=True):
            assert (np.abs(values).max() > 0) == ("lora_B" in parameter), f"{name}: {parameter}"


def test_a_gradient_survives_the_ledger(spec: BenchSpec) -> None:
    job = GradientJob.of(spec, "north", seed=0)
    result = job.run(open_bench(spec))
    again = job.decode(job.encode(result))
    np.testing.assert_array_equal(again.parts, result.parts)
    assert again.cost == result.cost
    assert job.key != GradientJob.of(spec, "south", seed=0).key
