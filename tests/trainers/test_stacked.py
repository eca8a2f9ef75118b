"""Stacked training equals training one run after the other, whatever stands in the stack and however it is folded."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.trainers.samples import bench_of, every_kind, word_task
from trainers.bench import Bench, open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.folding import Folding
from trainers.ledger import Ledger
from trainers.loop import train_run
from trainers.losses import LOSSES
from trainers.memory import out_of_memory
from trainers.methods import LoRA
from trainers.result import GroupResult
from trainers.run import Run
from trainers.run_jobs import OutOfTime
from trainers.run_state import RunState
from trainers.settings import Training
from trainers.stack_layers import Routing, StackedLinear, draw_adapter
from trainers.stacked import train_stack
from trainers.trainer import Trainer

EXACT = 1e-9
"""float64: sums in another order differ in the last bits, and 50 steps of training magnify that."""
CLOSE = 1e-4
"""fp32, in loss."""
FOLDINGS = {
    "one pass": Folding(positions=10**6, waste=10.0),
    "by length": Folding(positions=10**6, waste=0.05),
    "every run alone": Folding(positions=1, waste=0.0),
}


def alone(bench: Bench, run: Run) -> GroupResult:
    """The run by the loop for single runs, on a bench of its own method."""
    if run.method is None:
        return train_run(bench, run)
    own = open_bench(replace(bench.spec, method=run.method))
    own.adapter.to(bench.dtype)
    return train_run(own, run)


def assert_equal(found: GroupResult, expected: GroupResult, *, within: float) -> None:
    """Equal in everything but clocks and rounding."""
    for name in ("group", "seed", "reference", "chosen", "steps", "failed"):
        assert getattr(found, name) == getattr(expected, name)
    np.testing.assert_array_equal(found.grid, expected.grid)
    counted = [(part.cost.flops, part.cost.tokens_forward, part.cost.tokens_backward) for part in (found, expected)]
    assert counted[0] == counted[1]
    assert found.weights.keys() == expected.weights.keys()
    assert found.members.keys() == expected.members.keys()
    for name, values in expected.weights.items():
        np.testing.assert_allclose(found.weights[name], values, atol=within, rtol=0, err_msg=name)
    for name, member in expected.members.items():
        own = found.members[name]
        np.testing.assert_allclose(own.curve, member.curve, atol=within, rtol=0)
        np.testing.assert_allclose(own.train_curve, member.train_curve, atol=within, rtol=0)
        assert own.losses.keys() == member.losses.keys()
        for split, losses in member.losses.items():
            np.testing.assert_allclose(own.losses[split], losses, atol=within, rtol=0)
            np.testing.assert_allclose(own.scores[split], member.scores[split], atol=within, rtol=within)


def words() -> dict[str, Any]:
    """Tasks of unequal size, one of them with longer texts."""
    long = word_task("long", word=4, count=40)
    splits = {}
    for name, rows in long.splits.items():
        side = rows.sides[0]
        doubled = np.concatenate([np.tile(side.text(row), 2) for row in range(len(rows))])
        splits[name] = replace(rows, sides=(replace(side, ids=doubled, offsets=2 * side.offsets),))
    return {
        "a": word_task("a", word=2, count=48),
        "b": word_task("b", word=3, count=30),
        "long": replace(long, splits=splits),
    }


def unequal(training: Training, method: LoRA) -> list[Run]:
    """Runs that differ in group, seed, length, step sizes, heads, rank and scale; the shortest ends long before."""
    return [
        Run(group=("a",), seed=0, passes=10, keep_weights=True),
        Run(group=("b", "a"), seed=0, passes=5, keep_weights=True, training=replace(training, learning_rate=3e-3)),
        Run(group=("long",), seed=1, passes=10, keep_weights=True, method=replace(method, r=5, alpha=2)),
        Run(
            group=("b",),
            seed=2,
            passes=1,
            keep_weights=True,
            splits=("select", "test"),
            training=replace(training, heads="random"),
        ),
        Run(
            group=("a", "b", "long"),
            seed=3,
            passes=4,
            keep_weights=True,
            training=replace(training, clip=0.05, head_learning_rate=2e-3, weight_decay=0.3, ema=0.5, warmup=0, grid=2),
        ),
        Run(group=("a",), seed=0, passes=2, limit=8, keep_weights=True, training=replace(training, batch_size=5)),
    ]


@pytest.fixture(scope="module", params=["bert", "llama"])
def double(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench in float64, which the product never has: its rounding hides no mistake.

    With fp32 targets torch rounds float64 losses to fp32; here they have the scores' type.
    """
    bench = bench_of(tmp_path_factory.mktemp("double"), words(), family=request.param, method=LoRA(r=2, layers="all"))
    bench.adapter.double()

    def fine(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        targets = targets.to(scores.dtype)
        return functional.binary_cross_entropy_with_logits(scores[:, 0], targets, reduction="none")

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(LOSSES, "binary", fine)
        yield bench


@pytest.fixture(scope="module")
def references(double: Bench) -> list[GroupResult]:
    return [alone(double, run) for run in unequal(double.spec.training, double.spec.method)]


@pytest.mark.parametrize("folding", FOLDINGS.values(), ids=FOLDINGS.keys())
def test_unequal_runs_equal_runs_alone_in_float64(
    double: Bench, references: list[GroupResult], folding: Folding
) -> None:
    runs = unequal(double.spec.training, double.spec.method)
    assert max(result.steps for result in references) >= 50
    for found, expected in zip(train_stack(double, runs, folding=folding), references, strict=True):
        assert_equal(found, expected, within=EXACT)


def test_the_order_of_the_stack_does_not_matter(double: Bench, references: list[GroupResult]) -> None:
    runs = unequal(double.spec.training, double.spec.method)
    order = [4, 2, 0, 5, 3, 1]
    found = train_stack(double, [runs[index] for index in order])
    for index, result in zip(order, found, strict=True):
        assert_equal(result, references[index], within=EXACT)


def test_every_kind_equals_runs_alone_in_fp32_on_cached_layers(tmp_path: Path) -> None:
    tasks = every_kind()
    bench = bench_of(tmp_path, tasks)
    runs = [
        *(Run(group=(name,), seed=0, passes=3, keep_weights=True) for name in tasks),
        Run(group=tuple(tasks), seed=1, passes=2, keep_weights=True),
    ]
    for found, run in zip(train_stack(bench, runs), runs, strict=True):
        assert_equal(found, alone(bench, run), within=CLOSE)


def test_initial_weights_are_those_of_a_run_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, words(), method=LoRA(r=2, layers="all"))
    pairs = draw_adapter(bench.adapter, seed=7, rank=2)
    bench.adapter.reset(seed=7)
    drawn = [parameter for pair in pairs for parameter in pair]
    assert all(torch.equal(own, other) for own, other in zip(drawn, bench.adapter_parameters, strict=True))
    assert {len(down) for down, _ in draw_adapter(bench.adapter, seed=7, rank=3)} == {3}


def test_a_finished_run_is_moved_by_nothing(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, words())
    short = Run(group=("a",), seed=0, passes=1, keep_weights=True)
    long = Run(group=("b", "long"), seed=0, passes=8)
    beside, _ = train_stack(bench, [short, long])
    (by_itself,) = train_stack(bench, [short])
    assert_equal(beside, by_itself, within=CLOSE)
    assert beside.steps == 6


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
            True,
        ),
        (MemoryError(), True),
        (RuntimeError("shapes cannot be multiplied"), False),
    ],
)
def test_want_of_memory_halves_the_stack_until_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, is_memory: bool
) -> None:
    bench = bench_of(tmp_path, words())
    runs = [Run(group=("a",), seed=seed, passes=2, keep_weights=True) for seed in range(5)]
    together = FOLDINGS["one pass"]
    expected = train_stack(bench, runs, folding=together)
    segments, sizes = Routing.segments, list[int]()

    def scarce(self: Routing, count: int) -> Any:
        found = segments(self, count)
        sizes.append(len(found))
        if len(found) > 2 and len(sizes) > 3:  # after a few rounds, with weights that have moved
            raise error
        return found

    monkeypatch.setattr(Routing, "segments", scarce)
    assert out_of_memory(error) == is_memory
    if not is_memory:
        with pytest.raises(RuntimeError, match="multiplied"):
            train_stack(bench, runs, folding=together)
    else:
        for found, other in zip(train_stack(bench, runs, folding=together), expected, strict=True):
            assert_equal(found, other, within=CLOSE)
        assert {1, 2, 5} <= set(sizes)
    assert not any(isinstance(module, StackedLinear) for module in bench.adapter.modules())


def test_a_stack_of_one_that_does_not_fit_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, words())

    def none(self: Routing, count: int) -> Any:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(Routing, "segments", none)
    with pytest.raises(torch.OutOfMemoryError):
        train_stack(bench, [Run(group=("a",), seed=seed, passes=1) for seed in range(4)])


def test_with_dropout_runs_draw_what_they_draw_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, words(), method=LoRA(r=2, dropout=0.3))
    runs = [Run(group=(name,), seed=0, passes=1) for name in "ab"]
    for found, run in zip(train_stack(bench, runs), runs, strict=True):
        assert_equal(found, alone(bench, run), within=0.0)


def test_a_run_of_other_layers_is_refused(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, words())
    for method in (LoRA(layers="all"), LoRA(layers="top-1", dropout=0.1)):
        with pytest.raises(ValueError, match="Expected a run that adapts what"):
            train_stack(bench, [Run(group=("a",), seed=0, passes=1, method=method)])


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[RunState], float]], None]:
    """Multiplies training losses by what a function of the run gives, however the run is trained."""

    def spoil(factor: Callable[[RunState], float]) -> None:
        plain = RunState.batch_loss

        def loss(self: RunState, *arguments: Any) -> torch.Tensor:
            return plain(self, *arguments) * factor(self)

        monkeypatch.setattr(RunState, "batch_loss", loss)

    return spoil


Spoil = Callable[[Callable[[RunState], float]], None]


@pytest.mark.parametrize("folding", FOLDINGS.values(), ids=FOLDINGS.keys())
def test_a_run_that_diverges_fails_as_alone_and_the_others_go_on(
    tmp_path: Path, spoilt: Spoil, folding: Folding
) -> None:
    """Six steps are one pass of ``a``; runs of seed 1 have a loss of NaN from the eighth step on."""
    bench = bench_of(tmp_path, words())
    wild = replace(bench.spec.training, learning_rate=1e30, head_learning_rate=1e30, warmup=0)
    runs = [
        Run(group=("a", "b"), seed=0, passes=2, keep_weights=True),
        Run(group=("b",), seed=0, passes=3, training=wild, keep_weights=True),
        Run(group=("a",), seed=1, passes=2, keep_weights=True),
        Run(group=("a",), seed=1, passes=1, limit=5, keep_weights=True),
        Run(group=("long",), seed=0, passes=3, keep_weights=True),
    ]
    spoilt(lambda run: float("nan") if run.seed == 1 and run.steps >= 7 else 1.0)
    found = train_stack(bench, runs, folding=folding)
    assert [result.failed is None for result in found] == [True, False, False, True, True]
    assert found[2].failed is not None
    assert "the training loss of task a became nan at step 8 (a, seed 1); lower" in found[2].failed
    assert found[3].grid.tolist() == [1]
    for result, run in zip(found, runs, strict=True):
        assert_equal(result, alone(bench, run), within=CLOSE)


def test_a_gradient_that_spoils_the_weights_is_named_as_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, words())
    plain = RunState.batch_loss

    def loss(self: RunState, name: str, features: Sequence[torch.Tensor], targets: torch.Tensor) -> torch.Tensor:
        edge = (features[0].sum() * 0).abs().sqrt()  # 0, with a gradient of NaN
        return plain(self, name, features, targets) + (edge if self.seed == 1 and self.steps == 2 else 0.0)

    monkeypatch.setattr(RunState, "batch_loss", loss)
    runs = [Run(group=("a", "b"), seed=seed, passes=1) for seed in (0, 1)]
    found = train_stack(bench, runs)
    assert found[1].failed is not None
    assert re.search(r"the gradient of task [ab] became nan at step 3 \(a\+b, seed 1\)", found[1].failed)
    for result, run in zip(found, runs, strict=True):
        assert_equal(result, alone(bench, run), within=CLOSE)


def test_a_held_out_value_that_overflows_fails_one_run_of_the_stack(tmp_path: Path) -> None:
    tasks = every_kind()
    task = tasks["regression"]
    for split in ("stop", "select"):
        targets = task.splits[split].targets.copy()
        targets[3] = 1e25
        rows = replace(task.splits[split], targets=targets)
        wild = replace(task, name="wild", fingerprint=split, splits={**task.splits, split: rows})
        bench = bench_of(tmp_path, {"wild": wild, "binary": tasks["binary"]})
        runs = [Run(group=group, seed=0, passes=1) for group in (("binary", "wild"), ("binary",))]
        found = train_stack(bench, runs)
        assert found[0].failed is not None
        assert f"a loss of task wild on its {split} split was inf after 6 steps" in found[0].failed
        for result, run in zip(found, runs, strict=True):
            assert_equal(result, alone(bench, run), within=CLOSE)


def test_failed_members_go_to_the_ledger_like_others(tmp_path: Path, spoilt: Spoil) -> None:
    bench = bench_of(tmp_path, words())
    told: list[str] = []
    spoilt(lambda run: float("nan") if run.seed == 1 and len(run.group) > 1 else 1.0)
    groups: Sequence[tuple[str, ...]] = [("a", "b"), ("a",)]
    trainer = trainer_of(bench, tmp_path / "ledger", 4, tell=told.append)
    first = trainer.run(groups, seeds=[0, 1])
    before = Ledger(tmp_path / "ledger").finished()
    again = trainer.run(groups, seeds=[0, 1])
    assert len(before) == 4
    assert Ledger(tmp_path / "ledger").finished() == before  # none was done again
    for runs in (first, again):
        assert [run.seed for run in runs.groups["a", "b"]] == [0]
        assert [run.failed is None for run in runs.unused] == [False]
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0].startswith("group a+b: 1 of 2 runs failed and do not count: the training loss of task")


def test_a_run_alone_with_another_method_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a run with the bench's own"):
        train_run(bench_of(tmp_path, words()), Run(group=("a",), seed=0, passes=1, method=LoRA(r=5)))


def trainer_of(bench: Bench, ledger: Path, stack: int, **settings: Any) -> Trainer:
    executor = InProcess(open_bench, bench.spec)
    return Trainer(bench.spec, executor, Ledger(ledger), Budget(passes=1), seed=0, stack=stack, **settings)


def test_finished_members_are_found_whatever_the_stacks_were(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, words())
    groups: Sequence[tuple[str, ...]] = [("a",), ("a", "b"), ("a", "b", "long")]
    single = trainer_of(bench, tmp_path / "single", 1).run(groups, seeds=[0, 1])
    path = tmp_path / "stacked"
    trainer_of(bench, path, 2).run(groups[:2], seeds=[0])
    before = {key: when for key, _, when in Ledger(path).finished()}
    stacked = trainer_of(bench, path, 4).run(groups, seeds=[0, 1])
    after = {key: when for key, _, when in Ledger(path).finished()}
    assert before.items() < after.items()  # none was done again
    assert after.keys() == {key for key, *_ in Ledger(tmp_path / "single").finished()}
    for group, results in single.groups.items():
        for found, expected in zip(stacked.groups[group], results, strict=True):
            assert_equal(found, expected, within=CLOSE)
    for found, expected in zip(stacked.references["a"], single.references["a"], strict=True):
        assert_equal(found, expected, within=CLOSE)


def test_the_deadline_keeps_whole_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes once the first stack is recorded: the second one does not begin."""
    bench = bench_of(tmp_path, words())
    trainer = trainer_of(bench, tmp_path / "ledger", 2, deadline=1.0)
    monkeypatch.setattr("trainers.run_jobs.time.monotonic", lambda: float(2 * len(trainer.ledger.finished())))
    with pytest.raises(OutOfTime, match="before all runs were done"):
        trainer.run([("a", "b")], seeds=[0, 1, 2, 3])
    assert len(trainer.ledger.finished()) == 2
