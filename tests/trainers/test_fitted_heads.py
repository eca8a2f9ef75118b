"""Heads fitted on frozen features."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from tests.trainers.remembered_fits import remembered
from tests.trainers.samples import bench_of, every_kind, word_task
from trainers.bench import Bench
from trainers.fitted_heads import fitted_heads, initial_head
from trainers.head_fits import FOLDS, PENALTIES, FittedHeads, _fit, fit_heads
from trainers.heads import Linear
from trainers.loop import train_group
from trainers.losses import LOSSES


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), every_kind(count=16))


def test_a_head_is_the_penalised_regression_of_a_general_solver(bench: Bench) -> None:
    heads = fitted_heads(bench, "binary")
    inputs = Linear.features([side.double() for side in heads.frozen]).numpy()
    signs = 2.0 * bench.tasks["binary"].splits["train"].targets - 1

    def objective(at: np.ndarray) -> float:
        return float(np.logaddexp(0, -signs * (inputs @ at[:-1] + at[-1])).mean() + heads.penalty * at[:-1] @ at[:-1])

    found = minimize(objective, np.zeros(inputs.shape[1] + 1), method="BFGS", options={"gtol": 1e-8})
    own = np.append(heads.whole.weight.detach().numpy()[0], heads.whole.bias.detach().numpy())
    np.testing.assert_allclose(own, found.x, atol=1e-3)  # the loss is rounded to fp32


@pytest.mark.parametrize("name", ["binary", "pair", "multiclass", "multilabel", "regression"])
def test_heads_of_folds_did_not_see_their_examples(bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other targets in a fold change the heads of the other folds and not its own."""
    monkeypatch.setattr("trainers.head_fits.PENALTIES", (0.1,))
    task, frozen = bench.tasks[name], fitted_heads(bench, name).frozen
    rows = task.splits["train"]

    def fitted(targets: np.ndarray) -> FittedHeads:
        own = replace(task, splits={**task.splits, "train": replace(rows, targets=targets)})
        return fit_heads(own, frozen, tokens=0, hidden=bench.backbone.hidden, temperature=0.05)

    heads = fitted(rows.targets)
    targets = rows.targets.copy()
    targets[heads.fold == 1] = np.roll(rows.targets, 1, axis=0)[heads.fold == 1]
    again = fitted(targets)
    for fold in range(FOLDS):
        same = torch.allclose(again.folds[fold].weight, heads.folds[fold].weight, atol=1e-6)
        assert same == (fold == 1)


def test_a_fit_is_a_function_of_its_arguments(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit by bit, whatever was drawn or fitted before: other tests look up the fits that were made already."""
    task, frozen = bench.tasks["multiclass"], fitted_heads(bench, "multiclass").frozen
    rows = task.splits["train"]
    turned = replace(task, splits={**task.splits, "train": replace(rows, targets=(rows.targets + 1) % 3)})
    more = {"tokens": 5, "hidden": bench.backbone.hidden, "temperature": 0.05}
    seen: list[list[torch.Tensor]] = []
    for penalties in ((0.1, 0.01), (0.3,)):
        monkeypatch.setattr("trainers.head_fits.PENALTIES", penalties)
        for arguments in ((task, frozen), (turned, frozen), (task, (2 * frozen[0] + frozen[0].roll(1, 1),))):
            plain = fit_heads(*arguments, **more)
            torch.rand(3)
            for found in (
                fit_heads(*arguments, **more),
                remembered(*arguments, **more),
                remembered(*arguments, **more),
            ):
                for own, other in zip((found.whole, *found.folds), (plain.whole, *plain.folds), strict=True):
                    assert own is not other
                    assert all(map(torch.equal, own.parameters(), other.parameters()))
                np.testing.assert_array_equal(found.fold, plain.fold)
                assert (found.loss, found.penalty, found.tokens) == (plain.loss, plain.penalty, plain.tokens)
                assert all(map(torch.equal, found.frozen, plain.frozen))
                with torch.no_grad():
                    found.whole.weight.fill_(7.0)  # nobody else's
            seen.append([parameter.detach() for parameter in plain.whole.parameters()])
    assert not any(torch.equal(seen[i][0], seen[j][0]) for i in range(6) for j in range(i))


def test_smaller_penalties_are_tried_until_two_in_a_row_read_worse(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = fitted_heads(bench, "multiclass").frozen
    more = {"tokens": 0, "hidden": bench.backbone.hidden, "temperature": 0.05}
    tried: list[float] = []

    def noted(*arguments: Any, penalty: float, **others: Any) -> Any:
        tried.append(penalty)
        return _fit(*arguments, penalty=penalty, **others)

    monkeypatch.setattr("trainers.head_fits._fit", noted)
    found = fit_heads(bench.tasks["multiclass"], frozen, **more)
    path = list(dict.fromkeys(tried[:-1]))  # the last fits the whole
    assert tried[-1] == found.penalty
    assert path == list(PENALTIES[: len(path)])
    assert PENALTIES.index(found.penalty) == len(path) - 3 < len(PENALTIES) - 3  # labels are random
    monkeypatch.setattr("trainers.head_fits.PATIENCE", len(PENALTIES))
    every = fit_heads(bench.tasks["multiclass"], frozen, **more)
    assert (every.penalty, every.loss) == (found.penalty, found.loss)


def test_the_out_of_fold_loss_is_that_of_its_heads(bench: Bench) -> None:
    task, heads = bench.tasks["multiclass"], fitted_heads(bench, "multiclass")
    targets = torch.from_numpy(task.splits["train"].targets)
    losses = torch.cat(
        [
            LOSSES["multiclass"](head(*(side[at] for side in heads.frozen)), targets[at])
            for fold, head in enumerate(heads.folds)
            for at in [torch.from_numpy(heads.fold == fold)]
        ]
    )
    assert float(losses.detach().mean()) == pytest.approx(heads.loss, rel=1e-4)


def test_runs_do_not_share_a_head_and_random_ones_are_told_apart_by_seed(bench: Bench) -> None:
    first, second = (initial_head(bench, "binary", seed=seed) for seed in (0, 1))
    assert torch.equal(first.weight, second.weight)
    assert first.weight is not second.weight
    random = replace(bench.spec.training, heads="random")
    first, second = (initial_head(bench, "binary", seed=seed, training=random) for seed in (0, 1))
    assert not torch.equal(first.weight, second.weight)


def test_examples_of_one_unit_are_still_read_by_heads_that_did_not_see_them(bench: Bench) -> None:
    task, heads = bench.tasks["binary"], fitted_heads(bench, "binary")
    rows = replace(task.splits["train"], units=np.zeros(16, dtype=np.int64))
    other = replace(task, splits={**task.splits, "train": rows})
    found = fit_heads(other, heads.frozen, tokens=0, hidden=bench.backbone.hidden, temperature=0.05)
    assert sorted(np.bincount(found.fold)) == [4] * FOLDS
    assert all(bool(head.weight.isfinite().all()) for head in found.folds)


def test_features_that_are_not_finite_end_in_a_failed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, {name: word_task(name, word=word) for name, word in (("a", 2), ("b", 3))})
    plain = Bench.features
    monkeypatch.setattr(Bench, "features", lambda self, batch, task: plain(self, batch, task) * float("nan"))
    assert np.isnan(fitted_heads(bench, "a").loss)
    failed = train_group(bench, ["a", "b"], seed=0, passes=1).failed
    assert failed is not None
    assert "the training loss of task" in failed
