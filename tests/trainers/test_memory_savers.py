"""Less memory, the same training: batches in pieces, and layers that are computed again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tasks.errors import InputError
from tests.trainers.samples import CONFIGS, bench_of, every_kind, save_model
from tests.trainers.test_support import SMALL
from trainers import loop
from trainers.checkpoint import find_checkpoint
from trainers.families import FAMILIES
from trainers.fit import check_fit
from trainers.loop import SingleRun, train_run
from trainers.methods import LoRA, Prefix
from trainers.result import GroupResult
from trainers.run import Run
from trainers.settings import Training
from trainers.stack_job import stack_size
from trainers.upper import upper

TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)
ROUNDING = 2e-4
"""Steps of Adam magnify what is added in another order."""
RUN = Run(group=("binary", "pair", "retrieval"), seed=0, passes=1, keep_weights=True)


def close(first: GroupResult, second: GroupResult) -> None:
    assert first.failed is None
    assert second.failed is None
    for name, of in first.weights.items():
        np.testing.assert_allclose(of, second.weights[name], atol=ROUNDING, err_msg=name)
    assert first.steps == second.steps


@pytest.mark.parametrize("pieces", [2, 3, 100])
def test_a_batch_in_pieces_gives_the_same_step(tmp_path: Path, pieces: int) -> None:
    whole = bench_of(tmp_path, every_kind(), training=TRAINING)
    parts = bench_of(tmp_path, every_kind(), training=replace(TRAINING, pieces=pieces))
    close(train_run(whole, RUN), train_run(parts, RUN))


def test_a_run_that_is_out_of_memory_takes_smaller_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    expected, plain, asked = train_run(bench, RUN), SingleRun.loss, []

    def loss(self: SingleRun, name: str, rows: np.ndarray, *, dropout: bool = True) -> torch.Tensor:
        asked.append((name, len(rows)))
        found = plain(self, name, rows, dropout=dropout)
        if name != "retrieval" and len(rows) > 3:
            raise torch.OutOfMemoryError("out of memory")
        return found

    monkeypatch.setattr(SingleRun, "loss", loss)
    found = train_run(bench, RUN)
    close(found, expected)
    assert found.cost.tokens_backward <= expected.cost.tokens_backward  # pieces need less padding
    sizes = [size for name, size in asked if name != "retrieval"]
    assert max(sizes[5:]) <= 3  # it is found out once, in two attempts
    assert {size for name, size in asked if name == "retrieval"} == {8}


def test_without_a_smaller_piece_the_error_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)

    def loss(*_args: object, **_kwargs: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(loop.SingleRun, "loss", loss)
    with pytest.raises(torch.OutOfMemoryError):
        train_run(bench, RUN)


@pytest.mark.parametrize("family", [name for name in CONFIGS if not FAMILIES[name].native_only])
def test_layers_that_are_computed_again_train_alike(tmp_path: Path, family: str) -> None:
    method = LoRA(r=2, alpha=4, layers="top-2")
    kept = bench_of(tmp_path, every_kind(), family=family, method=method, training=TRAINING)
    again = bench_of(tmp_path, every_kind(), family=family, method=method, training=replace(TRAINING, recompute=True))
    close(train_run(kept, RUN), train_run(again, RUN))


@pytest.mark.parametrize("name", sorted(set(SMALL) - {"prefix"}))
def test_every_method_trains_alike(tmp_path: Path, name: str) -> None:
    kept = bench_of(tmp_path, every_kind(), method=SMALL[name], training=TRAINING)
    again = bench_of(tmp_path, every_kind(), method=SMALL[name], training=replace(TRAINING, recompute=True))
    close(train_run(kept, RUN), train_run(again, RUN))


def test_less_is_kept_for_the_backward_pass(tmp_path: Path) -> None:
    kept = []
    for recompute in (False, True):
        bench = bench_of(
            tmp_path, every_kind(), method=LoRA(layers="all"), training=replace(TRAINING, recompute=recompute)
        )
        sizes: list[int] = []

        def pack(tensor: torch.Tensor, sizes: list[int] = sizes) -> torch.Tensor:
            sizes.append(tensor.numel())
            return tensor

        batch = bench.inputs("binary", "train", 0).batch(np.arange(8), bench.device)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            bench.features(batch).sum()
        kept.append(sum(sizes))
    assert kept[1] < kept[0] / 3


def test_gradients_of_examples_and_stacks_leave_it_out(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=replace(TRAINING, recompute=True))
    assert not upper(bench, 1.0).spec.training.recompute
    assert stack_size(replace(bench.spec, device="cuda")) == 1
    assert stack_size(replace(bench.spec, device="cuda", training=TRAINING)) == 8


def test_a_prefix_is_not_computed_again(tmp_path: Path) -> None:
    checkpoint = find_checkpoint(str(save_model(tmp_path, CONFIGS["bert"])))
    with pytest.raises(InputError, match=r"method\.name: a prefix would enter layers twice"):
        check_fit(checkpoint, Prefix(), max_length=8, training=Training(recompute=True))
