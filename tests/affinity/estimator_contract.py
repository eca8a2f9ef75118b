"""What any estimator owes: a class of tests to inherit, for those built in and for those of other distributions.

class TestInfluence(EstimatorContract):
    @pytest.fixture
    def make(self) -> Callable[[], Estimator]:
        return Influence
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from affinity.estimators import Estimate, Estimator
from tasks.encoding import EncodedTask
from tests.trainers.samples import every_kind, spec_of, word_task
from trainers.bench import Bench, BenchSpec, open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.job import Job
from trainers.ledger import Ledger
from trainers.loop import train_group
from trainers.trainer import Trainer

WORDS = {"north": 2, "south": 3, "again": 2}
"""Tasks by the token that they look for: two look for the same."""

BUDGET = Budget(passes=2, seeds=2, reference_seeds=2)
SMALLEST = Budget(passes=1, seeds=1, reference_seeds=2)

ROUNDING = 1e-9
"""Sums over tasks in another order."""


class Idle:
    """An executor that has nothing to do."""

    workers = 1

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        assert not jobs, f"computed again: {[job.label for job in jobs]}"
        return iter(())


class Kept:
    """An estimate on a bench that stays open."""

    def __init__(
        self, spec: BenchSpec, make: Callable[[], Estimator], ledger: Path, *, budget: Budget = BUDGET
    ) -> None:
        self.spec, self.make, self.budget = spec, make, budget
        self.ledger = Ledger(ledger)
        self.bench: Bench | None = None
        self.estimate = make().estimate(self.trainer(InProcess(self._open, spec)))

    def _open(self, spec: BenchSpec) -> Bench:
        self.bench = open_bench(spec)
        return self.bench

    def trainer(self, executor: Any) -> Trainer:
        return Trainer(self.spec, executor, self.ledger, self.budget, seed=0)


def weights(bench: Bench) -> dict[str, torch.Tensor]:
    """Copies of the base model's weights, without the adapter's."""
    return {name: tensor.clone() for name, tensor in bench.adapter.state_dict().items() if "lora_" not in name}


class EstimatorContract:
    """The laws. A subclass gives the fixture ``make``; one estimate on word tasks serves most of them."""

    made: ClassVar[dict[Callable[[], Estimator], Kept]] = {}
    """Estimates on word tasks: each is made once."""

    @pytest.fixture
    def kept(self, make: Callable[[], Estimator], tmp_path_factory: pytest.TempPathFactory) -> Kept:
        if make not in self.made:
            folder = tmp_path_factory.mktemp("estimator")
            tasks = {name: word_task(name, word=word, seed=place) for place, (name, word) in enumerate(WORDS.items())}
            self.made[make] = Kept(spec_of(folder, tasks), make, folder / "ledger")
        return self.made[make]

    @pytest.fixture
    def found(self, kept: Kept) -> Estimate:
        return kept.estimate

    def test_every_ordered_pair_has_a_score_and_an_error(self, found: Estimate) -> None:
        matrix = found.matrix
        assert matrix.tasks == tuple(WORDS)
        assert matrix.estimator
        assert matrix.scores.shape == matrix.errors.shape == (3, 3)
        assert np.isfinite(matrix.scores).all()
        apart = ~np.eye(3, dtype=bool)
        assert (matrix.scores[apart] != 0).all()
        assert ((matrix.errors[apart] > 0) | np.isnan(matrix.errors[apart])).all()
        assert (np.diag(matrix.scores) == 0).all()
        assert (np.diag(matrix.errors) == 0).all()

    def test_what_it_cost_is_counted(self, kept: Kept) -> None:
        spec, cost = kept.spec, kept.estimate.matrix.cost
        texts = sum(len(side.ids) for task in spec.tasks.values() for side in task.splits["train"].sides)
        assert cost.tokens_forward + cost.tokens_backward >= texts  # whatever it does, it read the training texts
        assert cost.tokens_backward >= 0
        assert cost.seconds > 0
        bench = open_bench(spec)
        least = cost.tokens_forward * bench.forward_flops + cost.tokens_backward * bench.training_flops
        assert cost.flops == pytest.approx(least) or cost.flops > least

    def test_the_same_seed_gives_the_same_scores(self, kept: Kept, tmp_path: Path) -> None:
        again = Kept(kept.spec, kept.make, tmp_path / "ledger").estimate.matrix
        np.testing.assert_array_equal(again.scores, kept.estimate.matrix.scores)
        np.testing.assert_array_equal(again.errors, kept.estimate.matrix.errors)
        assert again.cost.tokens_forward == kept.estimate.matrix.cost.tokens_forward
        assert again.cost.tokens_backward == kept.estimate.matrix.cost.tokens_backward

    def test_the_order_of_tasks_only_orders_what_it_says(self, kept: Kept, tmp_path: Path) -> None:
        order = ("again", "north", "south")
        spec = replace(kept.spec, tasks={name: kept.spec.tasks[name] for name in order})
        found = Kept(spec, kept.make, tmp_path / "ledger").estimate
        expected = kept.estimate.matrix.reorder(order)
        np.testing.assert_allclose(found.matrix.scores, expected.scores, atol=ROUNDING)
        np.testing.assert_allclose(found.matrix.errors, expected.errors, rtol=1e-6, atol=ROUNDING)
        members = np.array([[True, True, True], [True, True, False]])
        columns = [found.prior.tasks.index(name) for name in kept.estimate.prior.tasks]
        guessed = found.prior.gains(members)[:, columns]
        own = kept.estimate.prior.gains(members[:, columns])
        np.testing.assert_allclose(guessed, own, rtol=1e-6, atol=ROUNDING)

    def test_a_resumed_estimate_computes_nothing_again(self, kept: Kept) -> None:
        again = kept.make().estimate(kept.trainer(Idle())).matrix
        np.testing.assert_array_equal(again.scores, kept.estimate.matrix.scores)
        np.testing.assert_array_equal(again.errors, kept.estimate.matrix.errors)
        assert replace(again.cost, seconds=0.0) == replace(kept.estimate.matrix.cost, seconds=0.0)

    def test_the_base_model_and_later_runs_are_what_they_would_have_been(self, kept: Kept) -> None:
        assert kept.bench is not None
        fresh = open_bench(kept.spec)
        expected, found = weights(fresh), weights(kept.bench)
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)
        assert [parameter.requires_grad for parameter in kept.bench.adapter.parameters()] == [
            parameter.requires_grad for parameter in fresh.adapter.parameters()
        ]
        runs = [train_group(bench, ["north", "south"], seed=7, passes=1) for bench in (kept.bench, fresh)]
        for name in ("north", "south"):
            first, second = (run.members[name].losses["select"] for run in runs)
            np.testing.assert_array_equal(first, second)

    def test_it_guesses_for_any_group(self, found: Estimate) -> None:
        assert set(found.prior.tasks) == set(WORDS)
        members = np.array([[bool(code >> task & 1) for task in range(3)] for code in range(8)])
        gains = found.prior.gains(members)
        assert gains.shape == (8, 3)
        assert np.isnan(gains[~members]).all()
        assert np.isfinite(gains[members]).all()
        single = members.sum(axis=1) == 1
        assert (gains[single][members[single]] == 0).all()
        assert (gains[~single][members[~single]] != 0).any()

    def test_tasks_of_every_kind_compare(self, make: Callable[[], Estimator], tmp_path: Path) -> None:
        tasks: Mapping[str, EncodedTask] = every_kind()
        spec = spec_of(tmp_path, tasks)
        matrix = Kept(spec, make, tmp_path / "ledger", budget=SMALLEST).estimate.matrix
        assert matrix.tasks == tuple(tasks)
        assert (matrix.scores[~np.eye(len(tasks), dtype=bool)] != 0).all()
