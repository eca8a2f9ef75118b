"""Training on paper, linear in LoRA's product."""

import numpy as np
import pytest
import torch

from affinity.anchor import Anchor
from affinity.gradient_pass import anchor_head, load_weights
from affinity.starting_point import starting_point
from benchmarks.linearity import factors
from benchmarks.product import OnPaper, Paper, padded, token_gradients
from tests.trainers.samples import bench_of, every_kind, word_task
from trainers.bench import Bench
from trainers.evaluate import evaluate
from trainers.mixing import one_pass


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), every_kind(count=24))


@pytest.mark.parametrize("task", ["binary", "pair", "multilabel", "regression"])
def test_of_a_small_step_it_says_how_readouts_move(bench: Bench, task: str) -> None:
    weights = Anchor.of(bench.spec, half=0, seed=0, passes=1).run(bench).weights
    load_weights(bench, weights)
    head, before = anchor_head(bench, task, weights), factors(bench)
    found = token_gradients(bench, task, "select", head, None)
    at_anchor = evaluate(bench, task, "select", head).scores
    generator = np.random.default_rng(0)
    moved = {
        name: of if name.startswith("heads.") else (of + 1e-3 * generator.standard_normal(of.shape)).astype(np.float32)
        for name, of in sorted(weights.items())
    }
    load_weights(bench, moved)
    said = (found.moved(factors(bench)) - found.moved(before)).numpy()
    real = evaluate(bench, task, "select", head).scores - at_anchor
    if task in ("binary", "pair", "multilabel"):  # a margin is the score of what is true, and minus that of what is not
        real *= 2 * bench.tasks[task].splits["select"].targets.reshape(real.shape) - 1
    assert np.corrcoef(said.ravel(), real.ravel())[0, 1] > 0.98
    assert np.abs(said - real).max() < 0.2 * np.abs(real).max()
    some = np.array([3, 1])
    torch.testing.assert_close(found.moved(before, some), found.moved(before)[some])


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    tasks = {name: word_task(name, word=place + 2, seed=place) for place, name in enumerate(("north", "south"))}
    return Paper.of(bench_of(tmp_path_factory.mktemp("words"), tasks), seed=0)


def test_steps_on_paper_lower_the_training_loss_of_either_member(paper: Paper) -> None:
    run = OnPaper(paper, ["north", "south"])
    before = run.read("train")
    for number in range(6):
        for task, rows in one_pass(run.group, paper.spec.tasks, batch_size=8, seed=0, number=number):
            run.descend(task, rows)
    after = run.read("train")
    assert all(after[name] < before[name] for name in run.group)


def test_a_run_repeats_itself_and_a_reference_is_read_at_its_best_point(paper: Paper) -> None:
    both, again = (paper.train(["south", "north"], passes=3) for _ in range(2))
    assert both == again
    assert set(both) == {"north", "south"}
    short, long = (paper.train(["north"], passes=passes, limit=2 * passes)["north"] for passes in (1, 8))
    assert short != long
    assert long != both["north"]


def test_every_kind_of_task_trains(bench: Bench) -> None:
    paper = Paper.of(bench, seed=0)
    losses = paper.train(list(bench.tasks), passes=1)
    assert set(losses) == set(bench.tasks)
    assert all(np.isfinite(of) for of in losses.values())
    assert starting_point(bench, "retrieval").inputs == {}


def test_rows_of_other_lengths_get_zeros() -> None:
    found = padded([torch.ones(1, 2, 3, dtype=torch.bfloat16), torch.ones(2, 1, 3, dtype=torch.bfloat16)], axis=1)
    assert found.shape == (3, 2, 3)
    assert not found[1:, 1].any()
    assert found[:, 0].all()
