"""Every reason why a pair is apart, in a small world where it holds."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affinity.predictor import Measured
from grouping.apart import Apart, Case, why_apart
from grouping.constraints import Constraints
from grouping.objective import BestGain, FewestAdapters
from grouping.partition import Group, Partition
from grouping.rounds.knowledge import Knowledge
from reports.apart_words import apart_sentence
from tests.grouping.worlds import Independent, measured_group

TASKS = ("a", "b", "c")
PAIR = ("a", "b")
ERROR = 0.01


def case(gains: dict[str, tuple[float, ...]], *, spread: float = 0.001, error: float = ERROR, **changed: Any) -> Case:
    """Groups that were trained, with their members' gains; what was not trained has 0 with errors of ``spread``."""
    groups: dict[Group, np.ndarray[Any, Any]] = {tuple(name): np.array(of) for name, of in gains.items()}
    measured = {group: measured_group(group, of, error=error, delta_error=0.1) for group, of in groups.items()}
    told = {group: Measured(group, of.gain, of.gain_error) for group, of in measured.items()}
    changes = {group: Measured(group, of.delta, of.delta_error) for group, of in measured.items()}
    floors = "margins" in changed and changed["margins"] is not None
    known = Knowledge(
        Independent(TASKS, spread, told) if spread > error else _sure(told, spread),
        Independent(TASKS, 100.0, changes) if floors else None,
        measured,
    )
    fields: dict[str, Any] = {
        "answer": Partition.singles(TASKS),
        "known": known,
        "objective": BestGain(),
        "margins": None,
        "constraints": Constraints(),
        "learnable": dict.fromkeys(TASKS, True),
        "sized": {},
    }
    return Case(**{**fields, **changed})


def _sure(told: dict[Group, Measured], spread: float) -> Independent:
    """Takes measurements at their word, and nearly knows that what was not measured has no gain."""
    return Independent(TASKS, spread, {group: replace(of, error=of.error * 1e-3) for group, of in told.items()})


def of_pair(found: tuple[Apart, ...], pair: tuple[str, str] = PAIR) -> Apart:
    (one,) = [of for of in found if of.pair == pair]
    return one


def reason(of: Case, pair: tuple[str, str] = PAIR) -> Apart:
    return of_pair(why_apart(of, seed=0), pair)


def test_only_pairs_that_are_apart_have_a_reason() -> None:
    found = why_apart(case({"ab": (0.1, 0.1)}, answer=Partition.of(["ab", "c"])), seed=0)
    assert [of.pair for of in found] == [("a", "c"), ("b", "c")]


def test_a_rule() -> None:
    of = reason(case({}, constraints=Constraints.of(apart=[["a", "b"]])))
    assert (of.reason, of.rule) == ("constraint", "`apart: [a, b]`")
    assert of.to_dict()["clear"] is None
    assert reason(case({}, constraints=Constraints.of(max_tasks=1))).rule == "`max_tasks: 1`"
    both = Constraints.of(together=[["a", "c"]], apart=[["b", "c"]])
    assert reason(case({}, answer=Partition.of(["ac", "b"]), constraints=both)).rule == "all rules together"


def test_negative_transfer_names_its_direction_with_measured_figures() -> None:
    of = reason(case({"ab": (-0.10, 0.02)}))
    assert (of.reason, of.source, of.target, of.measured) == ("negative transfer", "b", "a", True)
    assert of.value == pytest.approx(-0.10)
    half = 2.086 * ERROR  # t with 20 degrees of freedom
    assert (of.low, of.high) == pytest.approx((-0.10 - half, -0.10 + half), abs=1e-5)
    assert of.clear == pytest.approx(10.0)
    sentence = apart_sentence(of)
    assert "from b to a" in sentence
    assert "measured in their pair" in sentence


def test_a_loss_that_the_partner_more_than_makes_up_is_no_reason() -> None:
    of = reason(case({"ab": (-0.05, 0.20), "abc": (0.2, 0.2, 0.2)}, answer=Partition.of(["a", "bc"])))
    assert of.reason != "negative transfer"


def test_points_count_where_margins_are_asked_for() -> None:
    margins = dict.fromkeys(TASKS, 2.0)
    objective = FewestAdapters(margins=margins)
    of = reason(case({"ab": (-0.10, 0.02)}, objective=objective, margins=margins))
    assert (of.reason, of.unit, of.margin) == ("negative transfer", "points", 2.0)
    assert of.value == pytest.approx(-10.0)
    assert of.clear == pytest.approx(8.0 / 0.1)


def test_a_margin_that_cannot_be_kept() -> None:
    margins = dict.fromkeys(TASKS, 2.0)
    every = {"ab": (-0.019, 0.02), "ac": (-0.1, 0.1), "bc": (-0.1, 0.1), "abc": (-0.1, -0.1, -0.1)}
    of = reason(case(every, error=0.02, objective=FewestAdapters(margins=margins), margins=margins))
    assert (of.reason, of.target) == ("margin", "a")
    assert "nearer to its margin of 2.0 points" in apart_sentence(of)


def test_budget_where_their_best_common_group_was_never_trained() -> None:
    level = Independent(TASKS, 0.05, {}, level=0.1)
    known = Knowledge(level, None, {})
    of = reason(replace(case({}), known=known))
    assert (of.reason, of.group) == ("budget", ("a", "b", "c"))
    assert of.difference == pytest.approx(0.1)
    assert of.untrained == (("a", "b", "c"),)


def test_undecided_says_what_would_decide() -> None:
    wide = case({"ab": (-0.005, -0.005), "abc": (-1, -1, -1)}, spread=50.0)
    of = reason(wide)
    assert of.reason == "undecided"
    assert of.untrained == ()
    assert of.difference == pytest.approx(-0.01 / 3, rel=0.01)
    error = ERROR * np.sqrt(2) / 3
    assert of.times == pytest.approx((1.96 * error / (0.01 / 3)) ** 2, rel=0.15)
    assert "times as many runs" in apart_sentence(of)
    equal = reason(case({"ab": (0.0, 0.0), "abc": (-1, -1, -1)}, spread=50.0))
    assert equal.times is None


def test_a_better_use_of_the_adapters() -> None:
    every = {"ab": (0.05, 0.05), "bc": (0.3, 0.3), "ac": (0.0, 0.0), "abc": (0.0, 0.0, 0.0)}
    of = reason(case(every, spread=50.0, answer=Partition.of(["a", "bc"])))
    assert of.reason == "better use"
    assert of.difference == pytest.approx((0.1 - 0.6) / 3, rel=0.01)
    assert of.difference_high is not None
    assert of.difference_high < 0


def test_refuted_failed_and_not_learnable() -> None:
    assert reason(case({"ab": (0.1, 0.1)}, refuted=Partition.of(["ab", "c"]))).reason == "refuted"
    assert reason(case({}, refuted=Partition.of(["ac", "b"]))).reason != "refuted"
    assert reason(case({}, unavailable=[("a", "b")])).reason == "failed"
    dull = {"a": False, "b": False, "c": True}
    assert reason(case({}, learnable=dull)).reason == "not learnable"
    one = reason(case({"ab": (0.0, -0.2)}, learnable={**dull, "b": True}))
    assert (one.reason, one.target) == ("negative transfer", "b")


def test_tasks_that_could_not_be_measured_are_alone_for_that_reason() -> None:
    of = reason(case({}, answer=Partition.singles([*TASKS, "d"])), ("a", "d"))
    assert of.reason == "not learnable"


def test_equal_sizes_tell_dominance_from_conflict() -> None:
    sized = {("b", "a"): ("dominance", "the loss vanishes")}
    of = reason(case({"ab": (-0.1, 0.0)}, sized=sized))
    assert (of.reason, of.source, of.rule) == ("dominance", "b", "the loss vanishes")
    assert "at equal sizes it is dominance" in apart_sentence(of)
    undecided = reason(case({"ab": (-0.1, 0.0)}, sized={("b", "a"): ("undecided", "")}))
    assert undecided.reason == "negative transfer"


def test_the_same_seed_gives_the_same_reasons() -> None:
    one, two = (why_apart(case({"ab": (-0.005, -0.005)}, spread=50.0), seed=3) for _ in range(2))
    assert one == two
