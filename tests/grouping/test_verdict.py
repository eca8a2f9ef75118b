import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affinity.gains import MeasuredGroup, Parts
from grouping import reasons
from grouping.settling import settling
from grouping.statistics import quantile, t_interval
from grouping.verdict import Verdict, judge, not_validated, with_dropped
from tests.affinity.samples import run, task

Numbers = dict[str, tuple[float, float]]
TARGETS = np.array([0, 1, 1, 0])
NAMES = ("a", "b", "c", "d")
TASKS = {name: task(name, TARGETS) for name in NAMES}
RIGHT = np.array([-1.0, 1, 1, 1])  # three of four
REFERENCES = {
    name: [run((name,), s, {name: np.ones(4)}, scores={name: RIGHT}, targets={name: TARGETS}) for s in (0, 1)]
    for name in NAMES
}
ALL = dict.fromkeys(NAMES, True)


def _measured(numbers: Numbers, *, seeds: int = 2, run_share: float = 0.0, freedom: float = 30.0) -> MeasuredGroup:
    """A group with these deltas and errors in points; ``run_share`` of the variance falls with more seeds."""
    delta = np.array([value for value, _ in numbers.values()])
    error = np.array([of for _, of in numbers.values()])
    count = len(delta)
    parts = Parts(
        run=error * run_share**0.5,
        reference=np.zeros(count),
        sample=error * (1 - run_share) ** 0.5,
        freedom=np.full(count, freedom),
        examples=np.full(count, 400),
    )
    return MeasuredGroup(
        group=tuple(numbers),
        gain=delta / 50,
        gain_error=error / 50,
        delta=delta,
        delta_error=error,
        freedom=parts.freedom,
        seeds=seeds,
        delta_parts=parts,
    )


def _judge(*groups: Numbers, learnable: dict[str, bool] = ALL, margins: dict[str, float] | None = None) -> Verdict:
    """The verdict on these shared groups, all other tasks alone."""
    measured = [_measured(of) for of in groups]
    alone = [(name,) for name in NAMES if not any(name in of.group for of in measured)]
    chosen = [of.group for of in measured] + alone
    return judge(chosen, {of.group: of for of in measured}, REFERENCES, TASKS, learnable=learnable, margins=margins)


def test_statuses_by_hand() -> None:
    """Margin 1 point, t(30) = 2.04: +0.5 +- 0.6 holds, -3 +- 0.6 is lost, -0.5 +- 1 is open."""
    found = _judge({"a": (0.5, 0.3), "b": (-3.0, 0.3), "c": (-0.5, 0.5)})
    assert {name: of.status for name, of in found.tasks.items()} == {
        "a": "confirmed",
        "b": "refuted",
        "c": "undecided",
        "d": "confirmed",
    }
    a = found.tasks["a"]
    assert (a.metric, a.group, a.margin, a.single, a.delta) == ("accuracy", ("a", "b", "c"), 1.0, 0.75, 0.5)
    assert (a.low, a.high) == pytest.approx((0.5 - quantile(30) * 0.3, 0.5 + quantile(30) * 0.3))
    assert a.grouped == pytest.approx(0.755)
    assert a.gain == pytest.approx(0.01)
    alone = found.tasks["d"]
    assert (alone.delta, alone.low, alone.high, alone.gain, alone.grouped) == (0, 0, 0, 0, 0.75)
    assert "trained alone" in alone.reason
    assert alone.p_superior_holm is None


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        (({"a": (0.5, 0.1), "b": (0.5, 0.1)},), "confirmed"),
        (({"a": (0.5, 0.1), "b": (0.5, 0.1)}, {"c": (0.1, 0.1), "d": (-0.5, 2.0)}), "undecided"),
        (({"a": (0.5, 0.1), "b": (-9.0, 0.1)}, {"c": (0.1, 0.1), "d": (-0.5, 2.0)}), "refuted"),
        ((), "confirmed"),
    ],
)
def test_the_whole_is_confirmed_by_all_and_refuted_by_one(groups: tuple[Numbers, ...], status: str) -> None:
    found = _judge(*groups)
    assert found.status == status
    assert (found.reason.startswith("Every task is trained alone")) == (not groups)


def test_a_task_that_is_not_learnable_decides_nothing_and_is_named() -> None:
    lost: Numbers = {"a": (0.5, 0.1), "b": (-9.0, 0.1)}
    found = _judge(lost, learnable={**ALL, "b": False, "d": False})
    assert found.status == "confirmed"
    assert (found.tasks["b"].status, found.tasks["d"].status) == ("not learnable", "not learnable")
    assert found.tasks["b"].delta == -9.0
    assert found.reason.endswith("Not learnable at this budget, and not counted: `b` and `d`.")
    assert found.tasks["b"].p_superior_holm is None
    nothing = _judge(lost, learnable=dict.fromkeys(NAMES, False))
    assert nothing.status == "not learnable"


def test_a_margin_of_ones_own_moves_the_bar() -> None:
    group: Numbers = {"a": (-1.5, 0.2), "b": (0.5, 0.1)}
    assert _judge(group).tasks["a"].status == "refuted"
    assert _judge(group, margins={"a": 3.0}).tasks["a"].status == "confirmed"
    assert _judge(group, margins={"a": 3.0}).tasks["b"].margin == 1.0


@given(st.floats(-8, 8), st.floats(0.01, 4), st.floats(0, 3))
def test_a_status_says_where_the_interval_lies(delta: float, error: float, margin: float) -> None:
    of = _judge({"a": (delta, error), "b": (0.0, 0.1)}, margins={"a": margin}).tasks["a"]
    interval = t_interval(delta, error, 30)
    expected = "confirmed" if interval.low > -margin else "refuted" if interval.high < -margin else "undecided"
    assert of.status == expected
    assert "\n" not in of.reason


def test_superiority_is_adjusted_over_the_shared_learnable_tasks() -> None:
    found = _judge(
        {"a": (2.0, 0.8), "b": (0.0, 0.8)}, {"c": (3.0, 0.8), "d": (9.0, 0.8)}, learnable={**ALL, "d": False}
    )
    p = {name: of.p_superior_holm for name, of in found.tasks.items()}
    assert p["d"] is None
    assert p["b"] == pytest.approx(0.5)
    assert p["a"] == pytest.approx(2 * stats.t.sf(2.5, 30))
    assert p["c"] == pytest.approx(3 * stats.t.sf(3.75, 30))


def test_what_would_settle_an_undecided_task_settles_it() -> None:
    """Half of the variance is run noise: more of either alone can only take the other half away."""
    numbers: Numbers = {"a": (0.2, 0.7), "b": (0.0, 0.1)}
    more = settling(_measured(numbers, run_share=0.5), "a", 1.0)
    assert more is not None
    assert more.examples is not None
    assert more.seeds is not None
    run, sample = 0.7**2 / 2, 0.7**2 / 2
    for variance in (run + sample * 400 / (400 + more.examples), sample + run * 2 / more.seeds):
        assert 0.2 - quantile(30) * variance**0.5 > -1 - 1e-9
    assert 0.2 - quantile(30) * (run + sample * 400 / (400 + more.examples - 2)) ** 0.5 < -1


def test_seeds_do_not_settle_what_the_sample_hides_and_nothing_settles_a_loss_at_the_margin() -> None:
    numbers: Numbers = {"a": (0.2, 1.5), "b": (-1.0, 0.5)}
    group = _measured(numbers, run_share=0.1)
    of_a, of_b = settling(group, "a", 1.0), settling(group, "b", 1.0)
    assert of_a is not None
    assert of_b is not None
    assert of_a.seeds is None
    assert of_a.examples is not None
    assert (of_b.examples, of_b.seeds) == (None, None)


def test_reasons_hold_their_figures() -> None:
    found = _judge({"a": (0.5, 0.3), "b": (-3.0, 0.3)}, {"c": (-0.5, 0.9), "d": (0.0, 0.1)})
    assert found.tasks["a"].reason == (
        "In {a, b} the accuracy of `a` changes by +0.50 points against training it alone (95 % interval -0.11 to +1.11)"
        ": even at the lower end it loses less than the margin of 1 point."
    )
    assert "even the upper end is a loss of more than the margin of 1 point" in found.tasks["b"].reason
    assert re.search(r"reliably finds changes of 3 points or more; if the change", found.tasks["c"].reason)
    assert re.search(r"about [\d,]+ more test examples would settle it\.$", found.tasks["c"].reason)
    assert "`b` loses more than the margin" in found.reason
    open_ = _judge({"c": (-0.5, 0.9), "d": (0.0, 0.1)})
    assert "for `c` the test data cannot rule it out" in open_.reason
    kept = _judge({"a": (0.5, 0.3), "b": (0.1, 0.3)})
    assert kept.reason.startswith("3 adapters serve 4 tasks, and all 2 learnable tasks that share an adapter lose less")


def test_a_measurement_without_parts_is_judged_all_the_same() -> None:
    of = _measured({"a": (0.0, 3.0), "b": (0.0, 3.0)})
    bare = MeasuredGroup(of.group, of.gain, of.gain_error, of.delta, of.delta_error, of.freedom, of.seeds)
    found = judge([of.group], {of.group: bare}, REFERENCES, TASKS, learnable=ALL)
    assert found.status == "undecided"
    assert found.tasks["a"].reason.endswith("points or more.")


def test_a_proposal_that_was_not_tested() -> None:
    found = not_validated([("a", "b"), ("c",)], TASKS)
    assert {of.status for of in found.tasks.values()} == {found.status} == {"not validated"}
    assert found.tasks["a"].delta is None
    assert found.tasks["a"].margin == 1.0


def test_the_verdict_as_json() -> None:
    found = json.loads(json.dumps(_judge({"a": (0.5, 0.3), "b": (-3.0, 0.3)}).to_dict()))
    assert found["groups"] == [["a", "b"], ["c"], ["d"]]
    assert (found["verdict"], found["tasks"]["b"]["verdict"]) == ("refuted", "refuted")
    assert found["tasks"]["c"]["low"] == 0


def test_a_shared_group_that_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a measurement of a\+b, but got those of \[\]"):
        judge([("a", "b")], {}, REFERENCES, TASKS, learnable=ALL)


def test_a_group_that_cannot_be_trained_is_refuted_whoever_is_in_it() -> None:
    """And a task without references is not judged, also where its group was measured."""
    pair = _measured({"c": (0.5, 0.1), "d": (0.0, 0.0)})
    failures = {("a", "b"): "the loss became nan", ("d",): "the loss of task d became nan"}
    known = {name: of for name, of in REFERENCES.items() if name != "d"}
    found = judge(
        [("a", "b"), ("c", "d")], {("c", "d"): pair}, known, TASKS, learnable=ALL | {"a": False}, failures=failures
    )
    assert [found.tasks[name].status for name in NAMES] == ["refuted", "refuted", "confirmed", "not learnable"]
    assert found.status == "refuted"
    assert found.reason == "{a, b} cannot be trained as one group: the loss became nan."
    assert (found.tasks["a"].single, found.tasks["a"].delta, found.tasks["a"].grouped) == (0.75, None, None)
    assert (found.tasks["d"].single, found.tasks["d"].delta) == (None, None)
    assert "trained alone, the loss of task d became nan" in found.tasks["d"].reason


def test_dropped_tasks_stand_alone_and_are_named() -> None:
    few = {name: TASKS[name] for name in ("b", "c")}
    found = with_dropped(not_validated([("b", "c")], few), {"a": "its loss became nan"}, TASKS)
    assert found.groups == (("a",), ("b", "c"))
    assert found.status == "not validated"
    assert (found.tasks["a"].status, found.tasks["a"].group) == ("not learnable", ("a",))
    assert found.reason.endswith("Left out, as it could not be measured: `a`.")
    assert with_dropped(found, {}, TASKS) == found


def test_sentences_name_no_more_than_a_dozen_tasks() -> None:
    many = [f"t{number}" for number in range(13)]
    assert reasons.called(many[:2]) == "{t0, t1}"
    assert reasons.untrained(many, "too large") == "The group of 13 tasks cannot be trained as one group: too large."
    assert reasons.listed(many[:12]).endswith("`t10` and `t11`")
    assert reasons.listed(many).endswith("`t9`, `t10` and 2 more")
