"""Runs that several processes train together end as those of one, up to rounding."""

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from cotrain.app import main
from cotrain.running import Machine, session
from cotrain.suite import load_suite
from cotrain.workspace import choose_devices
from tasks.errors import InputError
from tests.cotrain.five_tasks import write_data
from tests.trainers.samples import every_kind, spec_of
from trainers.bench import BenchSpec, open_bench
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
TASKS = every_kind()


def spec(folder: Path, *, pieces: int = 1) -> BenchSpec:
    training = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, pieces=pieces)
    return spec_of(folder, TASKS, method=LoRA(r=2, alpha=4, layers="top-2"), training=training)


def trained(executor: InProcess | Together, of: BenchSpec, groups: list[tuple[str, ...]]) -> list[GroupResult]:
    jobs = [train_job(of, group, seed=1, passes=2, keep_weights=True) for group in groups]
    found = {index: jobs[index].decode(data) for index, data in executor.results(jobs)}
    return [found[index] for index in range(len(jobs))]


GROUPS = [("binary", "multilabel", "pair"), ("multiclass", "retrieval"), ("regression",)]


@pytest.mark.parametrize("pieces", [1, 3])
def test_two_processes_end_as_one(tmp_path: Path, pieces: int) -> None:
    of = spec(tmp_path, pieces=pieces)
    with InProcess(open_bench, of) as executor:
        alone = trained(executor, of, GROUPS)
    with Together(open_bench, [of, of]) as executor:
        together = trained(executor, of, GROUPS)
    for one, other in zip(alone, together, strict=True):
        assert (one.group, one.steps, one.chosen) == (other.group, other.steps, other.chosen)
        for name, weights in one.weights.items():
            np.testing.assert_allclose(other.weights[name], weights, atol=CLOSE)
        for name, member in one.members.items():
            np.testing.assert_allclose(other.members[name].losses["select"], member.losses["select"], atol=CLOSE)
        assert 0.8 < other.cost.tokens_backward / one.cost.tokens_backward <= 2  # padding, and what stays whole
        assert other.cost.tokens_forward == 2 * one.cost.tokens_forward  # both read the held-out splits


def test_batches_are_divided_where_they_can_be() -> None:
    rows = np.arange(5)
    team = Team(1, 2)
    assert team.part(rows).tolist() == [1, 3]
    assert sorted([*Team(0, 2).part(rows), *team.part(rows)]) == rows.tolist()
    assert team.divides(rows, whole=False)
    assert not team.divides(rows, whole=True)
    assert not team.divides(rows[:1], whole=False)
    assert not Team().divides(rows, whole=False)


def test_an_error_is_told_as_it_was(tmp_path: Path) -> None:
    of = spec(tmp_path)
    missing = replace(of, cache=tmp_path / "nowhere")
    with Together(open_bench, [missing, missing]) as executor, pytest.raises(Exception, match="nowhere"):
        trained(executor, missing, [("binary", "pair")])


def test_a_run_that_was_asked_to_end_goes_on_where_it_was(tmp_path: Path) -> None:
    """Both processes end at one step; what was kept ends as the run that never stopped."""
    of = spec(tmp_path)
    job = train_job(of, ("binary", "pair"), seed=1, passes=60, keep_weights=True)
    with InProcess(open_bench, of) as executor:
        ((_, data),) = executor.results([job])
    alone = job.decode(data)
    kept = of.cache / "runs" / f"{job.key}.safetensors"
    with Together(open_bench, [of, of]) as executor:
        list(executor.results([train_job(of, ("binary", "pair"), seed=2, passes=1)]))  # both are up
        start = time.monotonic()
        list(executor.results([train_job(of, ("binary", "pair"), seed=3, passes=60)]))
        timer = threading.Timer(
            (time.monotonic() - start) / 2, lambda: [process.terminate() for process in executor._processes]
        )
        timer.start()
        with pytest.raises(WorkerDied):
            list(executor.results([job]))
    assert kept.is_file()
    with safe_open(kept, "pt") as file:
        done = json.loads(file.metadata()["run"])["steps"]
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


def test_a_suite_is_validated_on_two_devices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write_data(tmp_path)
    (tmp_path / "g.yaml").write_text("[[hue, same, tags], [number], [find]]")
    command = ["validate", str(suite), "--grouping", str(tmp_path / "g.yaml"), "--out", str(tmp_path / "run")]
    assert main([*command, "--device", "cpu+cpu", "--quiet"]) == 0
    assert "hue" in capsys.readouterr().out
    assert main([*command, "--device", "cpu+cpu", "--workers", "2", "--quiet"]) == 2
    assert "one run at a time" in capsys.readouterr().err


def test_aggregators_take_one_device(tmp_path: Path) -> None:
    suite = write_data(tmp_path)
    suite.write_text(suite.read_text() + "training: {aggregator: upgrad}\n")
    loaded = load_suite(suite)
    from cotrain.progress import Silent

    with (
        pytest.raises(InputError, match=r"training\.aggregator: `upgrad` combines gradients"),
        session(loaded, out=tmp_path / "run", machine=Machine(device="cpu+cpu"), progress=Silent()),
    ):
        pass
