"""The built-in estimators: the contract, and structure that was planted for them to find."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affinity.estimators import ESTIMATORS, Estimate, Estimator
from affinity.estimators.cosine import cosine
from affinity.gradients import FOLDS, PARTS_PER_FOLD, GradientJob, task_gradient
from tests.affinity.estimator_contract import WORDS, EstimatorContract, Kept
from tests.trainers.samples import every_kind, spec_of, word_task
from trainers.bench import BenchSpec, open_bench


def estimate(spec: BenchSpec, name: str, folder: Path) -> Estimate:
    return Kept(spec, ESTIMATORS[name], folder / "ledger").estimate


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BenchSpec:
    tasks = {name: word_task(name, word=word, seed=place) for place, (name, word) in enumerate(WORDS.items())}
    return spec_of(tmp_path_factory.mktemp("words"), tasks)


class TestBuiltIn(EstimatorContract):
    @pytest.fixture(params=ESTIMATORS)
    def make(self, request: pytest.FixtureRequest) -> Callable[[], Estimator]:
        return ESTIMATORS[request.param]

    def test_a_matrix_says_what_made_it(self, make: Callable[[], Estimator], found: Estimate) -> None:
        assert ESTIMATORS[found.matrix.estimator] is make

    def test_errors_are_known(self, found: Estimate) -> None:
        assert np.isfinite(found.matrix.errors).all()


@pytest.mark.parametrize("name", ["cosine", "features"])
def test_a_task_that_asks_the_same_pulls_in_the_same_direction(name: str, tmp_path: Path) -> None:
    tasks = {task: word_task(task, word=word, count=400, seed=word + len(task)) for task, word in WORDS.items()}
    matrix = estimate(spec_of(tmp_path, tasks), name, tmp_path).matrix
    assert matrix["north", "again"] > matrix["north", "south"]
    assert matrix["north", "again"] > 2 * matrix.error("north", "again")
    np.testing.assert_allclose(matrix.scores, matrix.scores.T)
    assert (matrix.cost.tokens_backward == 0) == (name == "features")


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
