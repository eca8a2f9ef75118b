"""Runs that several processes train together end as those of one, up to rounding."""

import json
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from cotrain.app import main
from cotrain.workspace import choose_devices
from tasks.encoding import EncodedTask
from tasks.errors import InputError
from tests.cotrain.five_tasks import write_data
from tests.trainers.placed_samples import span_task, text_task
from tests.trainers.samples import every_kind, spec_of
from trainers import loop
from trainers.bench import Bench, BenchSpec, open_bench
from trainers.evaluate import Evaluation, evaluate
from trainers.executors import InProcess, Together
from trainers.executors.workers import WorkerDied
from trainers.methods import LoRA
from trainers.result import GroupResult
from trainers.settings import Training
from trainers.stack_job import stack_size
from trainers.team import Team
from trainers.train_job import train_job

CLOSE = 2e-4
"""Sums of gradients in another order, carried through a few optimiser steps in fp32."""
FAR = 2e-2
"""The same after some hundred steps."""
TASKS = {**every_kind(), "binary": replace(every_kind()["binary"], weight=2.0)}
PLACED = {"span": span_task("span", word=2), "text": text_task("text", shift=1)}


def spec(folder: Path, *, tasks: Mapping[str, EncodedTask] = TASKS, dropout: float = 0.0, **settings: Any) -> BenchSpec:
    own = {"batch_size": 8, "learning_rate": 1e-2, "head_learning_rate": 1e-2, "warmup": 2, **settings}
    method = LoRA(r=2, alpha=4, layers="top-2", dropout=dropout)
    family = "llama" if tasks is PLACED else "bert"
    return spec_of(folder, tasks, family=family, method=method, training=Training(**own))


def trained(executor: InProcess | Together, of: BenchSpec, groups: list[tuple[str, ...]]) -> list[GroupResult]:
    jobs = [train_job(of, group, seed=1, passes=2, keep_weights=True) for group in groups]
    found = {index: jobs[index].decode(data) for index, data in executor.results(jobs)}
    return [found[index] for index in range(len(jobs))]


def of_each(executor: Together, of: BenchSpec, group: tuple[str, ...]) -> list[GroupResult]:
    """What every process has at the end of a run."""
    job = train_job(of, group, seed=1, passes=2, keep_weights=True)
    if not executor._processes:
        executor._start()
    for pipe in executor._pipes:
        pipe.send((job, True))
    return [job.decode(pipe.recv()) for pipe in executor._pipes]


GROUPS = [("binary", "multilabel", "pair"), ("multiclass", "retrieval"), ("regression",)]


@pytest.mark.parametrize(
    ("processes", "tasks", "groups", "settings"),
    [
        (2, TASKS, GROUPS, {}),
        # the last batch has two examples
        (3, TASKS, GROUPS, {"batch_size": 11, "pieces": 2, "weights": "class_balance"}),
        (3, PLACED, [("span", "text")], {"batch_size": 19, "pieces": 3}),
    ],
)
def test_several_processes_end_as_one(
    tmp_path: Path,
    processes: int,
    tasks: Mapping[str, EncodedTask],
    groups: list[tuple[str, ...]],
    settings: dict[str, Any],
) -> None:
    of = spec(tmp_path, tasks=tasks, **settings)
    with InProcess(open_bench, of) as executor:
        alone = trained(executor, of, groups)
    with Together(open_bench, [of] * processes) as executor:
        together = trained(executor, of, groups)
    for one, other in zip(alone, together, strict=True):
        assert (one.group, one.steps, one.chosen) == (other.group, other.steps, other.chosen)
        for name, weights in one.weights.items():
            np.testing.assert_allclose(other.weights[name], weights, atol=CLOSE)
        for name, member in one.members.items():
            np.testing.assert_allclose(other.members[name].losses["select"], member.losses["select"], atol=CLOSE)
        assert 0.8 < other.cost.tokens_backward / one.cost.tokens_backward < 1.2  # padding
        assert other.cost.tokens_forward == processes * one.cost.tokens_forward  # all read the held-out splits


def test_processes_hold_the_same_weights_whatever_each_drops(tmp_path: Path) -> None:
    """Parts of three and two examples in pieces draw different numbers; retrieval's batches stay whole."""
    of = spec(tmp_path, batch_size=5, pieces=3, dropout=0.3)
    with Together(open_bench, [of, of]) as executor:
        one, other = of_each(executor, of, ("multiclass", "retrieval"))
    for name, weights in one.weights.items():
        np.testing.assert_array_equal(other.weights[name], weights)


def _weighs_halves(of: BenchSpec) -> Bench:
    loop.open_aggregator = lambda _name: lambda gramian: torch.full((len(gramian),), 0.5)
    return open_bench(of)


def _weighs_at_random(of: BenchSpec) -> Bench:
    """As PCGrad does, and in every process otherwise."""
    generator = torch.Generator().manual_seed(os.getpid())
    loop.open_aggregator = lambda _name: lambda gramian: torch.rand(len(gramian), generator=generator)
    return open_bench(of)


def test_gradients_that_are_combined_are_those_of_all_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of, groups = spec(tmp_path, aggregator="upgrad"), [("binary", "multiclass", "retrieval")]
    monkeypatch.setattr(loop, "open_aggregator", loop.open_aggregator)  # put back after the next line's change
    with InProcess(_weighs_halves, of) as executor:
        (alone,) = trained(executor, of, groups)
    with Together(_weighs_halves, [of, of]) as executor:
        (together,) = trained(executor, of, groups)
    for name, weights in alone.weights.items():
        np.testing.assert_allclose(together.weights[name], weights, atol=CLOSE)
    for name, member in alone.members.items():
        np.testing.assert_allclose(together.members[name].share_curve, member.share_curve, atol=CLOSE)


def test_an_aggregator_that_draws_draws_once_for_all(tmp_path: Path) -> None:
    of = spec(tmp_path, aggregator="pcgrad")
    with Together(_weighs_at_random, [of, of]) as executor:
        one, other = of_each(executor, of, ("binary", "multiclass"))
    for name, weights in one.weights.items():
        np.testing.assert_array_equal(other.weights[name], weights)


def _reads_nothing_in_the_second(of: BenchSpec) -> Bench:
    """Held-out losses are NaN in one process, as if its device failed to read them."""

    def read(*args: Any) -> Evaluation:
        found = evaluate(*args)
        return replace(found, losses=found.losses * np.nan) if torch.distributed.get_rank() == 1 else found

    loop.evaluate = read
    return open_bench(of)


def test_processes_agree_on_what_they_read(tmp_path: Path) -> None:
    """Or one would go on where another ends, and wait for it."""
    of = spec(tmp_path)
    with Together(_reads_nothing_in_the_second, [of, of]) as executor:
        one, other = of_each(executor, of, ("binary", "pair"))
    assert one.failed is None
    assert other.failed is None
    np.testing.assert_array_equal(other.members["pair"].curve, one.members["pair"].curve)


def test_parts_are_the_batch() -> None:
    for rows in (np.arange(5), np.arange(1)):
        for whole in (False, True):
            parts = [Team(rank, 2).part(rows, whole=whole) for rank in range(2)]
            assert sorted(np.concatenate(parts)) == rows.tolist()
            assert Team().part(rows, whole=whole).tolist() == rows.tolist()
    assert Team(1, 2).part(np.arange(5), whole=False).tolist() == [1, 3]
    assert not len(Team(1, 2).part(np.arange(5), whole=True))


def test_an_error_is_told_as_it_was(tmp_path: Path) -> None:
    of = spec(tmp_path)
    missing = replace(of, cache=tmp_path / "nowhere")
    with Together(open_bench, [missing, missing]) as executor, pytest.raises(Exception, match="nowhere"):
        trained(executor, missing, [("binary", "pair")])


def test_a_run_that_was_asked_to_end_goes_on_where_it_was(tmp_path: Path) -> None:
    """Both processes end at one step; what was kept ends as the run that never stopped."""
    of = spec(tmp_path)
    job = train_job(of, ("binary", "pair"), seed=1, passes=30, keep_weights=True)
    with InProcess(open_bench, of) as executor:
        ((_, data),) = executor.results([job])
    alone = job.decode(data)
    kept = of.cache / "runs" / f"{job.key}.safetensors"
    with Together(open_bench, [of, of]) as executor:
        list(executor.results([train_job(of, ("binary", "pair"), seed=2, passes=1)]))  # both are up
        start = time.monotonic()
        list(executor.results([train_job(of, ("binary", "pair"), seed=3, passes=30)]))
        timer = threading.Timer(
            (time.monotonic() - start) / 2, lambda: [process.terminate() for process in executor._processes]
        )
        timer.start()
        with pytest.raises(WorkerDied):
            list(executor.results([job]))
    assert kept.is_file()
    with safe_open(kept, "pt") as file:
        done = json.loads(file.metadata()["said"])["steps"]
    assert 0 < done < alone.steps
    with Together(open_bench, [of, of]) as executor:
        ((_, data),) = executor.results([job])
    again = job.decode(data)
    assert not kept.exists()
    assert again.steps == alone.steps
    for name, weights in alone.weights.items():
        np.testing.assert_allclose(again.weights[name], weights, atol=FAR)


def _dies(_spec: BenchSpec) -> None:
    os._exit(3)


def test_a_process_that_dies_ends_the_others(tmp_path: Path) -> None:
    of = spec(tmp_path)
    with Together(_dies, [of, of]) as executor, pytest.raises(WorkerDied, match="train together ended"):
        trained(executor, of, [("binary", "pair")])


def test_runs_of_several_devices_are_not_stacked(tmp_path: Path) -> None:
    of = replace(spec(tmp_path), device="cuda:0")
    assert stack_size(of) > 1
    assert stack_size(replace(of, also=("cuda:1",))) == 1


def test_devices_are_named_with_a_plus() -> None:
    assert choose_devices("cpu") == ["cpu"]
    assert choose_devices("cpu + cpu") == ["cpu", "cpu"]
    with pytest.raises(InputError, match="no device `nowhere`"):
        choose_devices("cpu+nowhere")


def test_devices_that_train_nothing_or_not_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no device `meta` here"):
        choose_devices("meta")
    monkeypatch.setattr(torch, "empty", lambda *_args, **_settings: None)  # as if all of them were here
    assert choose_devices("cpu:0+cpu") == ["cpu", "cpu"]
    assert choose_devices("cuda+cuda:1") == ["cuda:0", "cuda:1"]
    for names in ("cuda:0+cpu", "mps+cpu"):
        with pytest.raises(InputError, match=f"--device: expected CUDA devices .*, but got {re.escape(names)}"):
            choose_devices(names)
    with pytest.raises(InputError, match="`cuda:0` stands twice"):
        choose_devices("cuda+cuda:0")


def test_a_suite_is_validated_on_two_devices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write_data(tmp_path)
    (tmp_path / "g.yaml").write_text("[[hue, same, tags], [number], [find]]")
    command = ["validate", str(suite), "--grouping", str(tmp_path / "g.yaml"), "--out", str(tmp_path / "run")]
    assert main([*command, "--device", "cpu+cpu", "--quiet"]) == 0
    assert "hue" in capsys.readouterr().out
    assert main([*command, "--device", "cpu+cpu", "--workers", "2", "--quiet"]) == 2
    assert "one run at a time" in capsys.readouterr().err
