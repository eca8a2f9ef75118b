"""Whether a grouping keeps what its tasks had alone: per task and for the whole, each with the sentence that says why.

A task is *confirmed* if the interval of its change lies above minus its margin, *refuted* if it lies below, and
*undecided* if it holds minus the margin: too little test data is never a pass. A grouping is confirmed if all of its
learnable tasks are (an intersection-union test, nothing to adjust) and refuted if one is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from affinity.gains import MeasuredGroup
from grouping import reasons
from grouping.partition import Group
from grouping.settling import Settling, settling
from grouping.statistics import (
    Confidence,
    delta_intervals,
    delta_level,
    detectable_effect,
    holm,
    non_inferior,
    p_above,
)
from tasks.encoding import EncodedTask
from trainers.result import GroupResult

Status = Literal["confirmed", "refuted", "undecided", "not learnable", "not validated"]


@dataclass(frozen=True, kw_only=True)
class TaskVerdict:
    """What the grouping did to one task on test; None where nothing was measured."""

    metric: str
    """Name of the task's own metric."""
    group: Group
    """The group that serves the task."""
    single: float | None = None
    """Metric of the reference, mean over seeds, in its own unit."""
    grouped: float | None = None
    """Metric in the group: ``single`` changed by ``delta``."""
    delta: float | None = None
    """Change in points (metric x 100), above 0 is better; 0 for a task trained alone."""
    low: float | None = None
    """Lower end of its two-sided interval."""
    high: float | None = None
    """Upper end."""
    margin: float
    """Points that may be lost."""
    gain: float | None = None
    """``(L_ref - L_S) / L_prior`` on test."""
    detectable: float | None = None
    """Points of change that this much test data finds with 90 % probability; None if trained alone."""
    p_superior_holm: float | None = None
    """Holm-adjusted p value of "the group is no better than training alone", over the learnable shared tasks."""
    status: Status
    """Of this task."""
    reason: str
    """One sentence, or two, that says why."""
    settling: Settling | None = None
    """Of an undecided task: what would decide it."""


@dataclass(frozen=True)
class Verdict:
    """The tasks' verdicts and what they add up to.

    Args:
        groups: The grouping that was tested.
        tasks: Every served task's verdict.
        status: Of the whole.
        reason: The sentence that says why.
    """

    groups: tuple[Group, ...]
    tasks: Mapping[str, TaskVerdict]
    status: Status
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON: ``groups``, ``tasks`` by name, ``verdict``, ``reason``; a task's status is its ``verdict``."""
        tasks = {name: asdict(of) for name, of in self.tasks.items()}
        for of in tasks.values():
            of["verdict"] = of.pop("status")
        return {"groups": [list(g) for g in self.groups], "tasks": tasks, "verdict": self.status, "reason": self.reason}


def judge(
    groups: Iterable[Group],
    measured: Mapping[Group, MeasuredGroup],
    references: Mapping[str, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    *,
    learnable: Mapping[str, bool],
    failures: Mapping[Group, str] | None = None,
    margins: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    nominal: Confidence | None = None,
    split: str = "test",
) -> Verdict:
    """The verdict on a grouping whose groups were retrained with fresh seeds and measured on ``split``.

    Args:
        groups: The grouping, one group per adapter.
        measured: Measurements of all groups with two members or more that could be trained.
        references: The references they were measured against; none of a task whose own runs failed.
        tasks: The tasks; they know their metrics and margins.
        learnable: Which tasks' references beat the constant predictor; the others are reported and decide nothing.
        failures: Why groups could not be trained, which refutes the grouping, and, as groups of one,
            why tasks have no reference, so that nothing can be said of them.
        margins: Points that may be lost, where not the task's own.
        confidence: Of the two-sided intervals, over all looks at the measurements.
        nominal: Of the intervals at this look, if it is one of several (:mod:`grouping.spending`).

    Raises:
        ValueError: If a shared group was neither measured nor failed.
    """
    chosen, failed = tuple(groups), dict(failures or {})
    verdicts: dict[str, TaskVerdict] = {}
    for group in chosen:
        if len(group) > 1 and group not in measured and group not in failed:
            raise ValueError(f"Expected a measurement of {'+'.join(group)}, but got those of {sorted(measured)}.")
        for name in group:
            task = tasks[name]
            margin = task.margin if margins is None else margins.get(name, task.margin)
            if (name,) in failed:
                verdicts[name] = _unmeasured(task, group, margin, reasons.unmeasured(name, failed[name,]))
                continue
            single = float(np.mean([run.members[name].metric[split] for run in references[name]]))
            alone = TaskVerdict(
                metric=task.metric.name,
                group=group,
                single=single,
                grouped=single,
                delta=0.0,
                low=0.0,
                high=0.0,
                margin=margin,
                gain=0.0,
                status="confirmed",
                reason=reasons.alone(name),
            )
            if group in failed:
                verdicts[name] = _untrained(alone, reasons.untrained(group, failed[group]))
                continue
            if len(group) > 1:
                sign = 1 if task.metric.direction == "maximize" else -1
                look = confidence if nominal is None else nominal
                alone = _shared(alone, single, name, measured[group], sign=sign, confidence=confidence, nominal=look)
            if not learnable[name]:
                alone = replace(alone, status="not learnable", reason=reasons.not_learnable(name))
            verdicts[name] = alone
    verdicts = _superior(verdicts, measured)
    status, reason = _whole(chosen, verdicts, confidence)
    broken = [group for group in chosen if len(group) > 1 and group in failed]
    if broken:
        status, reason = "refuted", reasons.untrained(broken[0], failed[broken[0]])
    return Verdict(chosen, verdicts, status, reason)


def with_dropped(verdict: Verdict, dropped: Mapping[str, str], tasks: Mapping[str, EncodedTask]) -> Verdict:
    """The verdict with tasks that were taken out of the grouping: each stands by itself, as not learnable.

    Args:
        dropped: Names of the tasks, each with the reason.
        tasks: All tasks.
    """
    alone = {
        name: _unmeasured(tasks[name], (name,), tasks[name].margin, reasons.unmeasured(name, why))
        for name, why in dropped.items()
    }
    groups = tuple(sorted([*verdict.groups, *((name,) for name in dropped)]))
    reason = verdict.reason + reasons.dropped(list(dropped))
    return Verdict(groups, {**verdict.tasks, **alone}, verdict.status, reason)


def not_validated(groups: Iterable[Group], tasks: Mapping[str, EncodedTask]) -> Verdict:
    """The verdict on a grouping that was proposed and not tested: nothing is measured."""
    chosen = tuple(groups)
    verdicts = {
        name: TaskVerdict(
            metric=tasks[name].metric.name,
            group=group,
            margin=tasks[name].margin,
            status="not validated",
            reason=reasons.NOT_VALIDATED,
        )
        for group in chosen
        for name in group
    }
    return Verdict(chosen, verdicts, "not validated", reasons.NOT_VALIDATED)


def _unmeasured(task: EncodedTask, group: Group, margin: float, reason: str) -> TaskVerdict:
    """The verdict of a task without a reference."""
    return TaskVerdict(metric=task.metric.name, group=group, margin=margin, status="not learnable", reason=reason)


def _untrained(alone: TaskVerdict, reason: str) -> TaskVerdict:
    """The verdict of a task whose group could not be trained: nothing was measured in it."""
    return replace(alone, grouped=None, delta=None, low=None, high=None, gain=None, status="refuted", reason=reason)


def _shared(
    alone: TaskVerdict,
    single: float,
    name: str,
    of: MeasuredGroup,
    *,
    sign: int,
    confidence: float,
    nominal: Confidence,
) -> TaskVerdict:
    """The verdict of a task that shares its adapter, before learnability and Holm."""
    at = of.group.index(name)
    level = delta_level(of, name, nominal)
    interval = replace(delta_intervals(of, confidence=level)[name], confidence=confidence)
    error, freedom = float(of.delta_error[at]), float(of.freedom[at])
    status: Status = "undecided"
    if non_inferior(interval, alone.margin):
        status = "confirmed"
    elif interval.high < -alone.margin:
        status = "refuted"
    reason = reasons.change(name, alone.metric, of.group, interval, alone.margin, status)
    detectable = detectable_effect(error, freedom, confidence=level)
    open_ = settling(of, name, alone.margin, confidence=level) if status == "undecided" else None
    if status == "undecided":
        reason += " " + reasons.settle(detectable, open_)
    return replace(
        alone,
        grouped=single + sign * interval.estimate / 100,
        delta=interval.estimate,
        low=interval.low,
        high=interval.high,
        gain=float(of.gain[at]),
        detectable=detectable,
        status=status,
        reason=reason,
        settling=open_,
    )


def _superior(verdicts: Mapping[str, TaskVerdict], measured: Mapping[Group, MeasuredGroup]) -> dict[str, TaskVerdict]:
    """Holm over the tasks that could be claimed to be better than alone."""
    claimed = [name for name, of in verdicts.items() if of.group in measured and of.status != "not learnable"]
    claimed = [name for name in claimed if len(verdicts[name].group) > 1]
    p_values = []
    for name in claimed:
        of = measured[verdicts[name].group]
        at = of.group.index(name)
        p_values.append(p_above(float(of.delta[at]), float(of.delta_error[at]), float(of.freedom[at])))
    adjusted = dict(zip(claimed, holm(p_values).tolist(), strict=True))
    return {name: replace(of, p_superior_holm=adjusted.get(name)) for name, of in verdicts.items()}


def _whole(groups: Sequence[Group], verdicts: Mapping[str, TaskVerdict], confidence: float) -> tuple[Status, str]:
    sharing = {name: of for name, of in verdicts.items() if len(of.group) > 1}
    if not sharing:
        return "confirmed", reasons.NOTHING_SHARED
    by_status = {
        status: [name for name, of in sharing.items() if of.status == status]
        for status in ("confirmed", "refuted", "undecided", "not learnable")
    }
    left_out = reasons.left_out([name for name, of in verdicts.items() if of.status == "not learnable"])
    if by_status["refuted"]:
        return "refuted", reasons.refuted(by_status["refuted"], verdicts) + left_out
    if by_status["undecided"]:
        return "undecided", reasons.undecided(by_status["undecided"], verdicts) + left_out
    if by_status["confirmed"]:
        sentence = reasons.confirmed(by_status["confirmed"], verdicts, len(groups), confidence)
        return "confirmed", sentence + left_out
    return "not learnable", reasons.NO_LEARNABLE_SHARED
