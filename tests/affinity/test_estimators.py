"""The built-in estimators: the contract, and structure that was planted for them to find."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from affinity.estimators import ESTIMATORS, Estimate, Estimator
from affinity.estimators.cosine import cosine
from affinity.gradients import PARTS_PER_FOLD, GradientJob, task_gradient
from tasks.errors import InputError
from tests.affinity.estimator_contract import WORDS, EstimatorContract, Kept
from tests.trainers.samples import every_kind, spec_of, word_task
from trainers.bench import Bench, BenchSpec, open_bench
from trainers.head_fits import FOLDS
from trainers.loop import SingleRun


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
    assert matrix["north", "again"] > matrix["north", "south"] + 0.5
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


def failing(monkeypatch: pytest.MonkeyPatch, *groups: str) -> None:
    """Makes every run of these groups diverge."""
    plain = SingleRun.loss

    def loss(self: SingleRun, name: str, rows: np.ndarray, *, dropout: bool = True) -> torch.Tensor:
        return plain(self, name, rows, dropout=dropout) * (float("nan") if "+".join(self.group) in groups else 1.0)

    monkeypatch.setattr(SingleRun, "loss", loss)


def test_a_task_that_diverges_is_dropped_and_the_others_are_measured(
    spec: BenchSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").mkdir()
    expected = estimate(spec, "pairwise", tmp_path / "whole").matrix
    failing(monkeypatch, "south", "north+south", "again+south")
    found = estimate(spec, "pairwise", tmp_path)
    assert found.matrix.tasks == ("north", "again")
    assert found.matrix["north", "again"] == expected["north", "again"]
    assert list(found.dropped) == ["south"]
    assert "the training loss of task south became nan" in found.dropped["south"]
    assert found.runs is not None
    assert found.matrix.cost.jobs == expected.cost.jobs


def test_a_pair_that_diverges_never_looks_better_than_one_that_was_trained(
    spec: BenchSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "north+south")
    found = estimate(spec, "pairwise", tmp_path)
    assert not found.dropped
    for source, target in (("north", "south"), ("south", "north")):
        assert found.matrix[source, target] == min(0.0, found.matrix["again", target])
        assert np.isnan(found.matrix.error(source, target))
    assert found.runs is not None
    assert list(found.runs.failures) == [("north", "south")]


def test_fewer_than_two_tasks_are_refused_with_the_reasons(
    spec: BenchSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "north", "south")
    with pytest.raises(InputError, match=r"tasks: only task again can be measured, .* north: .* nan .* south: .* nan"):
        estimate(spec, "pairwise", tmp_path)


def test_a_task_whose_gradient_is_not_finite_is_dropped(
    spec: BenchSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").mkdir()
    expected = estimate(spec, "cosine", tmp_path / "whole").matrix.subset(("north", "again"))
    plain = Bench.inputs

    def inputs(self: Bench, task: str, split: str, side: int) -> object:
        found = plain(self, task, split, side)
        return Spoilt(found) if task == "south" else found

    monkeypatch.setattr(Bench, "inputs", inputs)
    found = estimate(spec, "cosine", tmp_path)
    np.testing.assert_array_equal(found.matrix.scores, expected.scores)
    assert found.matrix.tasks == ("north", "again")
    assert "gradient" in found.dropped["south"]


class Spoilt:
    """Inputs whose states are NaN, as a base model of low precision may give."""

    def __init__(self, inputs: Any) -> None:
        self.inputs, self.lengths = inputs, inputs.lengths

    def batch(self, rows: Any, device: Any) -> Any:
        """The batch with NaN in every value."""
        batch = self.inputs.batch(rows, device)
        return replace(batch, values=batch.values * float("nan"))


@pytest.mark.parametrize(
    ("count", "units", "parts"),
    [(8, range(8), FOLDS), (24, [0] * 24, FOLDS * PARTS_PER_FOLD), (24, [0] * 12 + [1] * 12, 2 * PARTS_PER_FOLD)],
)
def test_gradients_of_few_rows_one_unit_and_one_class_per_fold_are_finite(
    count: int, units: Sequence[int], parts: int, tmp_path: Path
) -> None:
    task = word_task("word", word=2, count=count)
    targets = np.arange(count) // (count // 2)  # with two units each fold holds one class, and lacks it outside
    rows = replace(task.splits["train"], units=np.array(units), targets=targets)
    spec = spec_of(tmp_path, {"word": replace(task, splits={**task.splits, "train": rows})})
    gradient = task_gradient(open_bench(spec), "word", seed=0).parts
    assert len(gradient) == parts
    assert np.isfinite(gradient).all()
