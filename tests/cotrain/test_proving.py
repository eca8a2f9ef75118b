"""Validation with runs that are drawn from planted gains: looks, what is trained for them, and degenerate data."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from affinity.contrasts import Measurements
from benchmarks.proofs.planted_runs import DrawingTrainer, Planted
from cotrain.proving import Proof, arms_of, prove
from cotrain.recommendation import comparisons
from grouping.partition import Partition
from grouping.statistics import t_interval
from tasks.errors import InputError
from trainers.budget import Budget
from trainers.result import MemberResult
from trainers.run_jobs import OutOfTime
from trainers.runs import Runs
from trainers.trainer import FRESH, Trainer

NAMES = ("a", "b", "c", "d")
CHOICE = Partition.of([("a", "b"), ("c",), ("d",)])


def planted(gain: float = 0.0, *, test: int = 3000, margin: float = 2.0, seed: int = 0) -> Planted:
    """Four tasks; every group gives every member the same gain."""
    groups = [*Partition.together(NAMES).groups, ("a", "b"), ("c", "d"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]
    gains = {group: np.full(len(group), gain) for group in groups}
    return Planted(gains, NAMES, {"select": 100, "test": test}, margin, seed)


def proved(
    of: Planted, *, first: int = 3, most: int | None = None, compared: Partition | None = None
) -> tuple[Proof, DrawingTrainer]:
    trainer = DrawingTrainer(of, Budget(validation_seeds=first, max_validation_seeds=most))
    return prove(cast(Trainer, trainer), CHOICE, compared=compared), trainer


def seeds(trainer: DrawingTrainer, group: tuple[str, ...]) -> list[int]:
    return sorted(seed - FRESH for of, seed in trainer.trained if of == group)


def test_a_clear_case_is_decided_at_the_first_look() -> None:
    proof, trainer = proved(planted(0.05), most=12)
    assert proof.verdict.status == "confirmed"
    assert [look.seeds for look in proof.planned] == [3, 6, 12]
    assert [(of.look.seeds, of.status) for of in proof.taken] == [(3, "confirmed")]
    assert seeds(trainer, ("a", "b")) == [0, 1, 2]


def test_an_undecided_group_alone_is_trained_on() -> None:
    """A true change at minus the margin stays undecided: its group and its tasks' references go on, others do not."""
    for seed in range(20):
        proof, trainer = proved(planted(-0.028, seed=seed), most=6)
        if len(proof.taken) == 2:
            break
    assert proof.taken[0].status == "undecided"
    assert seeds(trainer, ("a", "b")) == list(range(6))
    assert seeds(trainer, NAMES) == seeds(trainer, ("c",)) == [0, 1, 2]
    more = [name for name in ("a", "b") if seeds(trainer, (name,)) == list(range(6))]
    assert more
    assert proof.taken[1].seeds == {("a", "b"): 6}


def test_intervals_at_every_look_are_those_that_were_planned() -> None:
    one, _ = proved(planted(0.05))
    more, _ = proved(planted(0.05), most=6)
    narrow, wide = one.verdict.tasks["a"], more.verdict.tasks["a"]
    assert narrow.delta == wide.delta
    assert (wide.high or 0) - (wide.low or 0) > (narrow.high or 0) - (narrow.low or 0)
    assert more.nominal == more.planned[0].confidence
    assert more.planned[0].confidence() > 0.95
    assert "95 % interval" in wide.reason
    narrow_lead, wide_lead = (comparisons(of, planted(0.05).tasks)["together"] for of in (one, more))
    assert wide_lead["high"] - wide_lead["low"] > narrow_lead["high"] - narrow_lead["low"]
    read = Measurements(more.runs.groups, more.runs.references, planted(0.05).tasks, split="test")
    lead = read.contrast(CHOICE.groups, [NAMES])
    assert lead is not None
    level = more.planned[0].confidence(lead.sample**2 / lead.error**2)
    assert wide_lead["high"] == pytest.approx(t_interval(lead.gain, lead.error, lead.freedom, confidence=level).high)


def test_seeds_are_not_bought_where_the_sample_hides_the_answer() -> None:
    proof, trainer = proved(planted(0.0, test=60), most=24)
    assert proof.verdict.status == "undecided"
    assert len(proof.taken) == 1
    assert seeds(trainer, ("a", "b")) == [0, 1, 2]


def test_out_of_time_between_looks_the_last_look_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    run = DrawingTrainer.run

    def short(self: DrawingTrainer, *args: object, **kwargs: object) -> Runs:
        calls.append(1)
        if len(calls) % 2 == 0:
            raise OutOfTime("over")
        return run(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(DrawingTrainer, "run", short)
    for seed in range(20):
        calls.clear()
        proof, trainer = proved(planted(-0.028, seed=seed), most=6)
        if len(calls) == 2:
            break
    assert len(calls) == 2
    assert proof.verdict.status == "undecided"
    assert seeds(trainer, ("a", "b")) == [0, 1, 2]


def test_a_grouping_of_the_users_is_one_more_arm() -> None:
    own = Partition.of([("a", "c"), ("b", "d")])
    assert arms_of(CHOICE, seed=0, compared=own)["compared"] == own
    proof, trainer = proved(planted(0.02), compared=own)
    assert seeds(trainer, ("b", "d")) == [0, 1, 2]
    ahead = comparisons(proof, trainer.tasks)
    assert set(ahead) == set(proof.arms) - {"choice"}
    assert ahead["compared"]["low"] < -0.01 < ahead["compared"]["high"]
    assert ahead["single"]["gain"] == pytest.approx(sum(proof.measured["a", "b"].gain) / 4)


def test_a_task_with_twenty_test_examples_ends_undecided_and_says_what_would_decide_it() -> None:
    for seed in range(8):
        proof, _ = proved(planted(0.0, test=20, seed=seed, margin=1.0))
        assert proof.verdict.status == "undecided"
        of = proof.verdict.tasks["a"]
        if of.status == "undecided" and of.settling is not None and of.settling.examples is not None:
            assert "more test examples" in of.reason or "only many more of both" in of.reason
        assert "reliably finds changes of" in proof.verdict.tasks["a"].reason


class Twins(Planted):
    """`b` is `a` under another name: the same examples, the same runs."""

    def _member(self, name: str, at: int, group: tuple[str, ...], seed: int, splits: Sequence[str]) -> MemberResult:
        alone = len(group) == 1
        first = ("a",) if alone else group
        return super()._member("a" if name == "b" else name, at, first if name == "b" else group, seed, splits)


def test_two_identical_tasks_get_one_verdict() -> None:
    of = planted(0.03)
    twins = Twins(of.gains, of.names, of.examples, of.margin, of.seed)
    twins.tasks["b"] = replace(twins.tasks["a"], name="b")
    proof, _ = proved(twins)
    a, b = proof.verdict.tasks["a"], proof.verdict.tasks["b"]
    assert (a.delta, a.status) == (b.delta, b.status)
    assert a.status == "confirmed"
    assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=0.2)


def test_no_task_that_can_be_judged_is_one_line() -> None:
    class Failing(DrawingTrainer):
        def run(self, groups: object, **kwargs: object) -> Runs:  # type: ignore[override]
            of = self.planted.run(("a",), 0, ["select", "test"])
            return Runs.of([replace(of, group=(name,), failed="the loss became nan") for name in NAMES])

    with pytest.raises(InputError, match="no task can be judged; the loss became nan"):
        prove(cast(Trainer, Failing(planted(), Budget())), CHOICE)
