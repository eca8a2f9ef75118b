"""What deciding takes, in hours of training."""

from dataclasses import replace

import numpy as np
import pytest

from grouping.settling import Effort, effort, settling
from tasks.encoding import Tokens
from tests.affinity.samples import run, task
from tests.grouping.test_verdict import _measured
from trainers.cost import Cost


def test_hours_of_seeds_and_of_examples_by_hand() -> None:
    """Three runs of 100 s and four references of 50 s; a quarter of the work reads test."""
    spent = Effort(group=100.0, reference=50.0, runs=(3, 4), reading=0.25)
    assert spent.of_seeds(9) == pytest.approx((6 * 100 + 5 * 50) / 3600)
    assert spent.of_seeds(3) == 0
    assert spent.of_examples(2.0) == pytest.approx((3 * 100 + 4 * 50) * 1.5 / 3600)


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


def test_hours_stand_beside_what_would_settle() -> None:
    spent = Effort(group=3600.0, reference=0.0, runs=(2, 2), reading=0.5)
    more = settling(_measured({"a": (0.2, 0.7), "b": (0.0, 0.1)}, run_share=0.5), "a", 1.0, spent=spent)
    assert more is not None
    assert more.seeds is not None
    assert more.examples is not None
    assert more.seeds_hours == pytest.approx(more.seeds - 2)
    assert more.examples_hours == pytest.approx(2 * (1 + 0.5 * more.examples / 400), rel=0.01)
    bare = settling(_measured({"a": (0.2, 0.7), "b": (0.0, 0.1)}, run_share=0.5), "a", 1.0)
    assert bare is not None
    assert bare.seeds_hours is None
