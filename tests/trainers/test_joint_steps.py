"""Steps that combine the gradients of all members: against plain steps, kept runs, weights and their warnings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tasks.errors import InputError
from tests.trainers import fake_torchjd
from tests.trainers.samples import bench_of, every_kind, word_task
from tests.trainers.test_kept_run import ended_after, same
from trainers.aggregators import UNWEIGHTED, WEIGHTINGS, open_aggregator, weights_of
from trainers.bench import Bench
from trainers.interruption import Terminated
from trainers.joint_step import NotFinite, combine, taken
from trainers.loop import SingleRun, train_group, train_run
from trainers.methods import HeadOnly, LoRA
from trainers.mixing import one_pass
from trainers.packing import pack, unpack
from trainers.run import Run
from trainers.runaway import LEAST, MOST, runaways
from trainers.settings import Training
from trainers.stack_job import stack_size
from trainers.stacked import train_stack

TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, aggregator="upgrad")
GROUP = ("multiclass", "pair", "retrieval")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_of(tmp_path, every_kind(), method=LoRA(r=2, layers="top-1", dropout=0.2), training=TRAINING)


def test_the_first_step_is_that_of_the_summed_gradients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: gradients of both members at the starting point, added, clipped together with the heads'."""
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    run = SingleRun(bench, Run(group=("binary", "multiclass"), seed=0, passes=1))
    steps = one_pass(run.group, bench.tasks, batch_size=8, seed=0, number=0, jointly=True)[:2]
    every = [*bench.adapter_parameters, *run.own["binary"], *run.own["multiclass"]]
    loss = run.loss(*steps[0], dropout=False) + run.loss(*steps[1], dropout=False)
    expected = torch.autograd.grad(loss, every)
    norm = torch.cat([of.flatten() for of in expected]).norm()
    seen: list[torch.Tensor] = []
    with monkeypatch.context() as patched:
        patched.setattr(run.optimizer, "step", lambda: seen.extend(of.grad.clone() for of in every))
        run.descend_jointly(steps)
    for found, wanted in zip(seen, expected, strict=True):
        torch.testing.assert_close(found, wanted * min(1.0, 1.0 / float(norm + 1e-6)), rtol=1e-4, atol=1e-6)
    assert run.steps == 1
    assert run.shared_average.decay == TRAINING.ema
    assert [average.count for average in run.averages] == [1, 1, 1]


def test_a_group_takes_as_many_steps_as_its_largest_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    tasks = {"a": word_task("a", word=2, count=16), "b": word_task("b", word=3, count=40)}
    for mixing, steps in (("proportional", 5), ("equal", 4)):
        bench = bench_of(tmp_path, tasks, training=replace(TRAINING, mixing=mixing))
        result = train_group(bench, ["a", "b"], seed=0, passes=3)
        plain = train_group(bench_of(tmp_path, tasks), ["a", "b"], seed=0, passes=3)
        assert (result.steps, plain.steps) == (3 * steps, 3 * 7)
        assert result.cost.tokens_backward > 0
        total = result.members["a"].share_curve + result.members["b"].share_curve
        np.testing.assert_allclose(total, np.ones(3))
        assert len(result.grid) == 3


def test_a_single_and_its_stack_are_trained_as_ever(tmp_path: Path) -> None:
    """Without the package: nothing needs it where one task is trained."""
    tasks = {"a": word_task("a", word=2)}
    found, plain = (
        train_group(bench_of(tmp_path, tasks, training=training), ["a"], seed=0, passes=2)
        for training in (TRAINING, replace(TRAINING, aggregator="none"))
    )
    same(found, plain)
    assert len(found.members["a"].share_curve) == 0


def test_it_goes_on_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a pass has two points, of two steps and of one."""
    fake_torchjd.install(monkeypatch, fake_torchjd.at_random)
    training = replace(TRAINING, grid=2)
    bench = bench_of(tmp_path, every_kind(), method=LoRA(r=2, layers="top-1", dropout=0.2), training=training)
    run = Run(group=GROUP, seed=0, passes=3, keep_weights=True)
    whole, keep, stops = train_run(bench, run), tmp_path / "run.safetensors", 0
    for count in (1, 3, 6, 8):
        with monkeypatch.context() as patched:
            ended_after(count, patched)
            try:
                train_run(bench, run, keep=keep)
            except Terminated:
                stops += 1
    assert stops == 4
    assert (whole.steps, len(whole.grid), len(whole.members["pair"].share_curve)) == (9, 6, 6)
    found = train_run(bench, run, keep=keep)
    same(whole, found)
    for name in GROUP:
        np.testing.assert_array_equal(whole.members[name].share_curve, found.members[name].share_curve)


@pytest.mark.parametrize("mixing", ["equal", {"name": "temperature", "temperature": 3}])
def test_other_mixings_go_on_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mixing: object) -> None:
    tasks = {name: replace(of, weight=2.0 if name == "pair" else 1.0) for name, of in every_kind().items()}
    tasks |= {"multiclass": every_kind(count=60)["multiclass"]}
    training = Training(batch_size=8, grid=2, mixing=mixing, weights="class_balance")  # type: ignore[arg-type]
    bench = bench_of(tmp_path, tasks, method=LoRA(r=2, dropout=0.3), training=training)
    run = Run(group=GROUP, seed=0, passes=2, keep_weights=True)
    whole, keep = train_run(bench, run), tmp_path / "run.safetensors"
    assert all(np.isfinite(member.train_curve).all() for member in whole.members.values())
    for count in (4, 7):
        with monkeypatch.context() as patched:
            ended_after(count, patched)
            with pytest.raises(Terminated):
                train_run(bench, run, keep=keep)
    same(whole, train_run(bench, run, keep=keep))


def test_shares_travel_and_older_results_have_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchjd.install(monkeypatch, fake_torchjd.only_first)
    result = train_group(bench, GROUP, seed=0, passes=1)
    again = unpack(pack(result))
    assert again.members["multiclass"].share_curve.tolist() == [1.0]
    assert again.members["pair"].share_curve.tolist() == [0.0]


def test_memory_that_runs_out_takes_no_gradient_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second member's batch is computed again in pieces; the first one's gradients are still there."""
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    plain = SingleRun._in_pieces
    group, refused = ("binary", "multiclass"), []

    def in_pieces(self: SingleRun, name: str, rows: np.ndarray) -> float:
        if name == "multiclass" and not refused:
            refused.append(name)
            raise torch.OutOfMemoryError("out of memory")
        return plain(self, name, rows)

    whole = train_group(bench, group, seed=0, passes=1, keep_weights=True)
    monkeypatch.setattr(SingleRun, "_in_pieces", in_pieces)
    found = train_group(bench, group, seed=0, passes=1, keep_weights=True)
    assert refused
    for name, of in whole.weights.items():
        np.testing.assert_allclose(found.weights[name], of, atol=1e-4, err_msg=name)
    assert (found.steps, found.cost.tokens_forward) == (whole.steps, whole.cost.tokens_forward)


def test_gradients_that_are_not_finite_name_their_task(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    plain = SingleRun.loss

    def loss(self: SingleRun, name: str, rows: np.ndarray) -> torch.Tensor:
        edge = (self.bench.adapter_parameters[0].sum() * 0).abs().sqrt()
        return plain(self, name, rows) + (edge if name == "pair" else 0.0)

    monkeypatch.setattr(SingleRun, "loss", loss)
    failed = train_group(bench, GROUP, seed=0, passes=1).failed
    assert failed is not None
    assert "the gradient of task pair was not finite at step 1 (multiclass+pair+retrieval, seed 0)" in failed


def test_runs_that_step_jointly_are_not_stacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    assert stack_size(replace(bench.spec, device="cuda:0")) == 1
    assert stack_size(replace(bench.spec, device="cuda:0", training=replace(TRAINING, aggregator="none"))) == 8
    runs = [Run(group=GROUP, seed=seed, passes=1, keep_weights=True) for seed in (0, 1)]
    for run, found in zip(runs, train_stack(bench, runs), strict=True):
        same(train_run(bench, run), found)


def test_a_stack_mixes_as_a_run_alone_does(tmp_path: Path) -> None:
    """Up to rounding; the shares of turns are the same."""
    tasks = {"a": word_task("a", word=2, count=16), "b": word_task("b", word=3, count=40)}
    heavy = {**tasks, "a": replace(tasks["a"], weight=3.0)}
    training = Training(batch_size=8, warmup=2, mixing="equal", weights="class_balance")
    bench = bench_of(tmp_path, heavy, training=training)
    runs = [Run(group=("a", "b"), seed=seed, passes=2) for seed in (0, 1)]
    for run, found in zip(runs, train_stack(bench, runs), strict=True):
        alone = train_run(bench, run)
        assert (alone.steps, alone.cost.tokens_backward) == (found.steps, found.cost.tokens_backward)
        for name in "ab":
            np.testing.assert_allclose(alone.members[name].curve, found.members[name].curve, rtol=1e-4)


def test_nothing_shared_is_nothing_combined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    result = train_group(
        bench_of(tmp_path, every_kind(), method=HeadOnly(), training=TRAINING), ["binary", "pair"], seed=0, passes=1
    )
    assert result.failed is None
    assert len(result.members["pair"].share_curve) == 0


def test_combining_by_hand() -> None:
    """Rows (1, 2) and (3, 0) with weights 1 and -3: -8 and 2; weighted rows of lengths root 5 and 9."""
    shared = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    rows = {"a": [torch.tensor([1.0]), torch.tensor([2.0])], "b": [torch.tensor([3.0]), None]}
    shares = combine(shared, rows, lambda _gramian: torch.tensor([1.0, -3.0]))
    assert [float(of.grad) for of in shared] == [-8, 2]
    assert shares == pytest.approx({"a": 5**0.5 / (5**0.5 + 9), "b": 9 / (5**0.5 + 9)})
    assert [float(of) for of in taken(shared)] == [-8, 2]
    assert [of.grad for of in shared] == [None, None]
    assert combine(shared, rows, lambda gramian: torch.zeros(len(gramian))) == {"a": 0.5, "b": 0.5}
    with pytest.raises(NotFinite, match="b"):
        combine(shared, {**rows, "b": [torch.tensor([np.inf]), None]}, fake_torchjd.equally)


def test_weights_do_not_depend_on_the_scale_of_gradients() -> None:
    jacobian = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    seen = []
    for scale in (1.0, 1e-6, 1e4):
        weights_of(lambda gramian: seen.append(gramian) or torch.ones(3), jacobian * scale)
    for gramian in seen:
        assert float(gramian.diagonal().mean()) == pytest.approx(1, rel=1e-5)
        torch.testing.assert_close(gramian, seen[0])
    weights_of(lambda gramian: torch.ones(3), torch.zeros(3, 5))


def shared_out(shares: dict[str, list[float]], monkeypatch: pytest.MonkeyPatch, bench: Bench) -> list[str]:
    """Remarks on a run with these shares by part of its curve."""
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    result = train_group(bench, GROUP, seed=4, passes=1)
    members = {
        name: replace(of, share_curve=np.array(shares.get(name, [0.3, 0.3]))) for name, of in result.members.items()
    }
    return runaways({GROUP: [replace(result, members=members)]})


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({}, None),
        ({"pair": [0.5, MOST]}, None),
        ({"pair": [0.5, LEAST]}, None),
        ({"pair": [0.5, 0.96]}, "task pair nearly all of the adapter's steps, a share of 0.960 up to point 2"),
        ({"retrieval": [0.005, 0.4]}, "retrieval next to none of the adapter's steps, a share of 0.005 up to point 1"),
        ({"retrieval": [0.0, 0.4], "pair": [0.97, 0.3]}, "task retrieval next to none"),
    ],
)
def test_a_weight_that_runs_away_is_told_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, shares: dict[str, list[float]], said: str | None
) -> None:
    lines = shared_out(shares, monkeypatch, bench)
    assert len(lines) == (said is not None)
    if said is not None:
        assert said in lines[0]
        assert lines[0].startswith("group multiclass+pair+retrieval: ")
        assert "seed 4" in lines[0]


def test_in_a_large_group_an_equal_share_is_no_runaway(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    result = train_group(bench, GROUP, seed=0, passes=1)
    member = result.members["pair"]
    names = tuple(f"t{number:03}" for number in range(150))
    for share, lines in ((1 / 150, 0), (1 / 2000, 1)):
        members = dict.fromkeys(names, replace(member, share_curve=np.array([share])))
        assert len(runaways({names: [replace(result, group=names, members=members)]})) == lines


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named '{name}'")

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(
        InputError, match=r"training.aggregator: `mgda` needs TorchJD .*pip install 'cotrain\[torchjd\]'"
    ):
        open_aggregator("mgda")


@pytest.mark.parametrize("name", sorted(WEIGHTINGS))
class TestTorchJD:
    """The library itself, where it is installed."""

    @pytest.fixture
    def weighting(self, name: str) -> Callable[[torch.Tensor], torch.Tensor]:
        pytest.importorskip("torchjd")
        return open_aggregator(name)  # type: ignore[no-any-return]

    def test_steps_are_finite_and_weights_are_shares(self, weighting: object, tmp_path: Path, name: str) -> None:
        bench = bench_of(tmp_path, every_kind(), training=replace(TRAINING, aggregator=name))
        result = train_group(bench, GROUP, seed=0, passes=2)
        assert result.failed is None
        total = np.sum([member.share_curve for member in result.members.values()], axis=0)
        np.testing.assert_allclose(total, 1, rtol=1e-6)
        again = train_group(bench, GROUP, seed=0, passes=2)
        for member in GROUP:
            np.testing.assert_array_equal(result.members[member].curve, again.members[member].curve)

    def test_gradients_of_one_length_share_equally(self, weighting: Callable[..., torch.Tensor], name: str) -> None:
        weights = weights_of(weighting, 3 * torch.eye(2, 4))
        torch.testing.assert_close(weights[0], weights[1])
        assert weights[0] > 0

    def test_gradients_of_zero_end_in_no_error(self, weighting: Callable[..., torch.Tensor], name: str) -> None:
        assert torch.isfinite(weights_of(weighting, torch.zeros(3, 4))).all()


@pytest.mark.parametrize("name", sorted(WEIGHTINGS))
def test_what_a_longer_gradient_does(name: str) -> None:
    """Two gradients at a right angle, the first in four lengths: how far the step goes along it, and its share.

    A step of equal parts has shares of a half however long the gradients are; weights are 1 to 1,000 there.
    """
    pytest.importorskip("torchjd")
    along, shares = [], []
    for length in (1.0, 3.0, 10.0, 1000.0):
        shared = nn.Parameter(torch.zeros(4))
        rows = {"a": [length * torch.eye(4)[0]], "b": [torch.eye(4)[1]]}
        shares.append(combine([shared], rows, open_aggregator(name))["a"])
        assert shared.grad is not None
        along.append(float(shared.grad[0] / shared.grad.norm()))
    if name in ("imtl_g", "aligned_mtl"):  # the second evens out all where gradients share no direction
        np.testing.assert_allclose(along, 0.5**0.5, rtol=1e-4)
        np.testing.assert_allclose(shares, 0.5, rtol=1e-4)
    elif name == "mgda":
        assert along == sorted(along, reverse=True)
        assert along[-1] < 0.01
    else:
        assert along == sorted(along)
        assert along[1] > along[0] + 1e-3
    assert (name in UNWEIGHTED) == (along[1] < along[0] + 1e-3)


def test_upgrad_by_hand() -> None:
    """TorchJD's own example: rows (-4, 1, 1) and (6, 1, 1) make weights 1.1109 and 0.7894."""
    pytest.importorskip("torchjd")
    weights = weights_of(open_aggregator("upgrad"), torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]]))
    torch.testing.assert_close(weights, torch.tensor([1.1109, 0.7894]), rtol=2e-2, atol=0)
