"""What deciding takes, in hours of training."""

from dataclasses import replace

import numpy as np
import pytest

from grouping.settling import Effort, Settling, effort
from tasks.encoding import Tokens
from tests.affinity.samples import run, task
from trainers.cost import Cost


def test_hours_of_seeds_and_of_examples_by_hand() -> None:
    """Three runs of 100 s and four references of 50 s; a quarter of the work reads test."""
    spent = Effort(group=100.0, reference=50.0, runs=(3, 4), reading=0.25)
    hours = spent.hours(Settling(examples=800, examples_now=400, seeds=9, seeds_now=3))
    assert hours["seeds"] == pytest.approx((6 * 100 + 5 * 50) / 3600)
    assert hours["examples"] == pytest.approx((3 * 100 + 4 * 50) * 1.5 / 3600)
    assert spent.hours(Settling(examples=None, examples_now=400, seeds=3, seeds_now=3)) == {
        "examples": None,
        "seeds": 0,
    }
    nothing = spent.hours(Settling(examples=None, examples_now=400, seeds=None, seeds_now=3))
    assert nothing == {"examples": None, "seeds": None}


def test_effort_is_read_off_the_runs() -> None:
    targets = np.array([0, 1])
    of = task("a", targets)
    text = Tokens(ids=np.zeros(10, dtype=np.int32), offsets=np.array([0, 5, 10]))
    of = replace(of, splits={"test": replace(of.splits["test"], sides=(text,))})
    losses = {"a": np.ones(2), "b": np.ones(2)}
    cost = Cost(seconds=8.0, tokens_forward=20, tokens_backward=40)
    runs = [replace(run(("a", "b"), seed, losses), cost=cost) for seed in (0, 1)]
    alone = [replace(run(("a",), seed, losses), cost=replace(cost, seconds=2.0)) for seed in (0, 1, 2)]
    found = effort("a", ("a", "b"), groups={("a", "b"): runs}, references={"a": alone}, task=of)
    assert found == Effort(group=8.0, reference=2.0, runs=(2, 3), reading=pytest.approx(5 * 10 / (5 * 100)))  # type: ignore[arg-type]
    assert effort("a", ("a", "c"), groups={("a", "b"): runs}, references={"a": alone}, task=of) is None
