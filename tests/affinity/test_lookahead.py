"""Looking ahead in a shared run: what one step does, and that the run goes on as if nobody looked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from affinity.estimators.lookahead import over_runs
from affinity.lookahead import EVERY, LEAST, LookAhead, LookaheadJob
from tests.affinity.estimator_contract import WORDS
from tests.trainers import fake_torchjd
from tests.trainers.samples import bench_of, word_task
from trainers.bench import Bench
from trainers.loop import train_group
from trainers.methods import LoRA
from trainers.observer import Running
from trainers.settings import Training

STEPS = 3 * 6 * 2
"""Steps of the word tasks in two passes."""
ROUNDING = 1e-6
"""Losses are in fp32, and the changes are ratios of them."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    tasks = {name: word_task(name, word=word, seed=place) for place, (name, word) in enumerate(WORDS.items())}
    return bench_of(tmp_path_factory.mktemp("words"), tasks, method=LoRA(r=2, alpha=4, layers="top-1", dropout=0.2))


class Reference:
    """Tries every step with an AdamW of its own, without momentum, on the run's weights."""

    def __init__(self, ahead: LookAhead) -> None:
        self.ahead = ahead
        self.changes: list[np.ndarray] = []

    def __call__(self, run: Running) -> None:
        if run.steps == 0 or run.steps % self.ahead.every:
            return
        weights, clip = run.bench.adapter_parameters, run.bench.spec.training.clip
        before = [weight.detach().clone() for weight in weights]
        rows = {name: next(self.ahead.batches[name]) for name in run.group}
        changes = np.zeros((len(run.group), len(run.group)))
        for i, source in enumerate(run.group):
            settings = run.optimizer.param_groups[0]
            own = torch.optim.AdamW(weights, lr=settings["lr"], betas=(0.0, settings["betas"][1]), weight_decay=0.0)
            for weight in weights:
                kept = run.optimizer.state[weight]
                own.state[weight] = {name: value.clone() for name, value in kept.items()}
            run.loss(source, rows[source], dropout=False).backward()
            torch.nn.utils.clip_grad_norm_([*weights, *run.own[source]], clip)
            with torch.no_grad():
                losses = [float(run.loss(name, rows[name], dropout=False)) for name in run.group]
                own.step()
                after = [float(run.loss(name, rows[name], dropout=False)) for name in run.group]
                for weight, value in zip(weights, before, strict=True):
                    weight.copy_(value)
            run.optimizer.zero_grad(set_to_none=True)
            changes[i] = 1 - np.array(after) / np.array(losses)
            changes[i, i] = 0
        self.changes.append(changes)


def test_a_look_ahead_is_a_step_of_the_runs_own_optimiser_without_momentum(bench: Bench) -> None:
    group = sorted(WORDS)
    ahead = LookAhead(bench, group, seed=0, every=9)
    reference = Reference(LookAhead(bench, group, seed=0, every=9))

    def both(run: Running) -> None:
        ahead(run)
        reference(run)

    train_group(bench, group, seed=0, passes=2, observe=both)
    assert len(ahead.changes) == (STEPS - 1) // 9
    np.testing.assert_allclose(ahead.changes, reference.changes, atol=ROUNDING)
    assert np.abs(ahead.changes).max() > 100 * ROUNDING


def test_an_observed_run_ends_where_the_same_run_ends_unobserved(bench: Bench) -> None:
    plain = train_group(bench, list(WORDS), seed=3, passes=2, keep_weights=True)
    ahead = LookAhead(bench, sorted(WORDS), seed=3, every=1)
    observed = train_group(bench, list(WORDS), seed=3, passes=2, keep_weights=True, observe=ahead)
    assert len(ahead.changes) == STEPS - 1
    for name, values in plain.weights.items():
        np.testing.assert_array_equal(observed.weights[name], values)
    for name in WORDS:
        np.testing.assert_array_equal(observed.members[name].curve, plain.members[name].curve)


def test_every_batch_is_trained_on_once_and_read_after_every_other_step(bench: Bench) -> None:
    plain = train_group(bench, list(WORDS), seed=0, passes=1).cost
    looked = train_group(
        bench, list(WORDS), seed=0, passes=1, observe=LookAhead(bench, sorted(WORDS), seed=0, every=4)
    ).cost
    trained, read = (
        looked.tokens_backward - plain.tokens_backward,
        looked.tokens_forward - plain.tokens_forward,
    )
    assert trained > 0
    assert read == (len(WORDS) - 1) * trained
    assert looked.flops - plain.flops == pytest.approx(trained * bench.training_flops + read * bench.forward_flops)


def test_who_looks_is_asked_before_every_step(bench: Bench) -> None:
    seen: list[int] = []
    result = train_group(bench, ["north"], seed=0, passes=2, observe=lambda run: seen.append(run.steps))
    assert seen == list(range(result.steps))


def test_a_step_helps_a_task_that_asks_the_same_more_than_another(tmp_path: Path) -> None:
    tasks = {name: word_task(name, word=word, count=320, seed=len(name)) for name, word in WORDS.items()}
    smooth = Training(batch_size=32, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)  # small batches hide it
    bench = bench_of(tmp_path, tasks, training=smooth)
    found = LookaheadJob.of(bench.spec, list(tasks), seed=0, passes=6).run(bench)
    scores, _ = over_runs([found.changes])
    again, north, south = (found.run.group.index(name) for name in ("again", "north", "south"))
    assert scores[north, again] > max(0, scores[south, again])
    assert scores[again, north] > max(0, scores[south, north])


def test_it_survives_the_ledger_and_a_change_of_setting_is_another_job(bench: Bench) -> None:
    job = LookaheadJob.of(bench.spec, list(WORDS), seed=0, passes=1)
    result = job.run(bench)
    again = job.decode(job.encode(result))
    np.testing.assert_array_equal(again.changes, result.changes)
    assert again.run.cost == result.run.cost
    assert job.key != job.train.key
    assert (
        len({job.key, replace(job, every=1).key, LookaheadJob.of(bench.spec, list(WORDS), seed=1, passes=1).key}) == 3
    )


@pytest.mark.parametrize("passes", [1, 2, 30])
def test_a_short_run_looks_ahead_more_often(bench: Bench, passes: int) -> None:
    job = LookaheadJob.of(bench.spec, list(WORDS), seed=0, passes=passes)
    steps = passes * 18
    assert 1 <= job.every <= EVERY
    assert (steps - 1) // job.every >= LEAST - 1
    assert job.size > job.train.size
    assert (job.every == EVERY) == (steps >= EVERY * LEAST)


def test_means_and_errors_over_runs_by_hand() -> None:
    run = np.zeros((4, 2, 2))
    run[:, 0, 1] = [0.1, 0.3, 0.1, 0.3]
    scores, errors = over_runs([run])
    assert scores[0, 1] == pytest.approx(0.2)
    assert errors[0, 1] == pytest.approx(np.std([0.1, 0.3, 0.1, 0.3], ddof=1) / 2)
    both, less = over_runs([run, run + 0.0])
    assert both[0, 1] == pytest.approx(0.2)
    assert less[0, 1] == pytest.approx(np.std([0.1, 0.3] * 4, ddof=1) / np.sqrt(8))
    steady = np.repeat(run, 5, axis=0)  # look-aheads that say the same five times tell no more than one
    assert over_runs([steady])[1][0, 1] == pytest.approx(errors[0, 1])
    alone = over_runs([run[:1]])[1]
    assert np.isnan(alone[0, 1])
    assert alone[0, 0] == 0


def test_a_run_of_joint_steps_is_looked_at_too(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tasks of 48 examples: 12 joint steps in two passes, looked at before every step but the first."""
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    joint = replace(bench, spec=replace(bench.spec, training=replace(bench.spec.training, aggregator="upgrad")))
    job = LookaheadJob.of(joint.spec, sorted(WORDS)[:3], seed=0, passes=2)
    assert job.every == max(1, 12 // LEAST)
    run = job.run(replace(joint, spec=replace(joint.spec, cache=tmp_path)))
    assert run.run.steps == 12
    assert run.changes.shape == (11, 3, 3)
    assert np.isfinite(run.changes).all()
