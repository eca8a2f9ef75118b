"""The object of ``recommendation.json``: the answer, what it rests on, and what it cost."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from affinity.contrasts import Measurements
from affinity.equal_sizes import EqualSizes
from affinity.gains import MeasuredGroup, trained_alone
from cotrain.accounting import once
from cotrain.pairs_cost import PairsCost
from cotrain.proving import Proof
from grouping.partition import Group, Partition
from grouping.settling import effort
from grouping.statistics import delta_intervals, holm, level, mean_over_tasks, p_above, t_interval
from grouping.verdict import Verdict, with_dropped
from tasks.encoding import EncodedTask
from trainers.cost import Cost

LONGEST = 160
"""Bytes of a folder's name; file systems allow 255, and temporary names are longer."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What each phase cost."""

    probe: Cost = field(default_factory=Cost)
    """Frozen layers, affinities, references and all-together."""
    search: Cost = field(default_factory=Cost)
    """Groups that the search trained."""
    validation: Cost = field(default_factory=Cost)
    """The choice and its baselines with fresh seeds."""
    reruns: Cost | None = None
    """Complete reruns with other seeds; None unless that was asked for."""
    equal_sizes: Cost | None = None
    """Pairs that were trained again at equal sizes; None unless that was asked for."""
    forms: Cost | None = None
    """The chosen groups in other forms, and with more seeds in the shared one; None unless that was asked for."""
    pairs_reference: PairsCost | None = None
    """What training every single and every pair costs: the reference that cheaper estimators are held against; None for
    a given grouping."""
    wall_seconds: float = 0.0
    """Time that passed in this invocation, which may have found most runs finished."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with the total."""
        parts = {"probe": self.probe, "search": self.search, "validation": self.validation}
        parts |= {} if self.equal_sizes is None else {"equal_sizes": self.equal_sizes}
        parts |= {} if self.reruns is None else {"reruns": self.reruns}
        parts |= {} if self.forms is None else {"forms": self.forms}
        total = sum(parts.values(), Cost())
        pairs = self.pairs_reference or PairsCost(Cost(), modelled=False)
        named = parts | {"total": total, "pairs_reference": pairs.cost}
        return {name: cost.to_dict() for name, cost in named.items()} | {
            "pairs_reference_modelled": pairs.modelled,
            "wall_seconds": self.wall_seconds,
        }


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What was predicted of the choice before it was validated; empty for a given grouping."""

    gain: Mapping[str, float]
    """Expected gain of every task."""
    error: Mapping[str, float]
    """Its standard error."""


def recommendation(
    verdict: Verdict,
    *,
    tasks: Mapping[str, EncodedTask],
    objective: Mapping[str, Any],
    expected: Expected,
    prior: Mapping[str, float | None],
    learnable: Mapping[str, bool],
    proof: Proof | None,
    openings: int,
    costs: Costs,
    dropped: Mapping[str, str] | None = None,
    affinities: Mapping[str, Any] | None = None,
    equal_sizes: Sequence[EqualSizes] | None = None,
    probability_best: float | None = None,
    forms: Mapping[str, Any] | None = None,
    smoke: bool = False,
) -> dict[str, Any]:
    """The object of ``recommendation.json``.

    Args:
        verdict: On the choice; "not validated" without a proof.
        tasks: All tasks of the suite.
        objective: What was asked for.
        prior: Every task's metric of the best constant answer on test.
        proof: What validation found, or None.
        openings: Looks at the test data that this run folder has had.
        dropped: Tasks that the choice lacks, as they could not be measured, with the reasons: each stands alone in
            ``groups``, not learnable and without a baseline.
        affinities: Where affinities came from (:func:`cotrain.evidence.affinities`); None for a given grouping.
        equal_sizes: What cutting the larger data set of losing pairs showed; None unless that was asked for.
        probability_best: How likely the choice has the highest mean gain of the groupings that were trained and are
            allowed, as far as the select half tells; None for a given grouping.
        forms: Form of every group of two or more that was tested, by its name; None unless other forms were tried.
        smoke: Whether the run only tries the suite, so that its verdict says nothing.
    """
    verdict = with_dropped(verdict, dropped or {}, tasks)
    lost = {} if proof is None else {group[0]: why for group, why in proof.runs.failures.items() if len(group) == 1}
    left_out = {**(dropped or {}), **lost}
    choice = Partition.of(verdict.groups)
    refuted = verdict.status == "refuted"
    answer = Partition.singles(choice.tasks) if refuted else choice
    judged = verdict.to_dict()["tasks"]
    baselines: dict[str, Any] = {"single": None, "together": None, "random": None}
    if proof is not None:
        baselines |= {name: _arm(arm, proof, tasks) for name, arm in proof.arms.items()}
    return {
        "schema": 1,
        "groups": [list(group) for group in answer.groups],
        "served_by": answer.served_by,
        "proposed": [list(group) for group in choice.groups] if refuted else None,
        "objective": dict(objective),
        "tasks": {
            name: judged[name]
            | {
                "group": list(judged[name]["group"]),
                "prior": prior[name],
                "predicted": expected.gain.get(name),
                "predicted_error": expected.error.get(name),
            }
            for name in tasks
        },
        "baselines": baselines,
        "comparisons": {} if proof is None else comparisons(proof, tasks),
        "looks": None if proof is None else _looks(proof),
        "probability_best": probability_best,
        "verdict": verdict.status,
        "reason": verdict.reason,
        "validated": proof is not None,
        "smoke": smoke,
        "test_openings": openings,
        "learnable": {**learnable, **dict.fromkeys(left_out, False)},
        "left_out": left_out,
        "affinities": None if affinities is None else dict(affinities),
        "equal_sizes": None if equal_sizes is None else [pair.to_dict() for pair in equal_sizes],
        **({} if forms is None else {"forms": dict(forms)}),
        "cost": costs.to_dict() | ({} if proof is None else {"settling_hours": _settling_hours(proof, tasks)}),
    }


def _arm(arm: Partition, proof: Proof, tasks: Mapping[str, EncodedTask]) -> dict[str, Any] | None:
    """One grouping on test: every task's score and change, means over tasks with a 95 % interval, and work.

    None where a group of two or more could not be trained. A task without a reference has no entry, and counts 0 in the
    means of every grouping. ``flops`` are those of one run of every group; a task alone trains until it gets no better.
    """
    if any(len(group) > 1 and group not in proof.measured for group in arm.groups):
        return None
    measured = [_measured(group, proof) for group in arm.groups]
    served: dict[str, Any] = {}
    for found in measured:
        intervals = delta_intervals(found, confidence=proof.nominal)
        for index, name in enumerate(found.group):
            if name not in proof.runs.references:
                continue
            single = float(np.mean([run.members[name].metric["test"] for run in proof.runs.references[name]]))
            sign = 1 if tasks[name].metric.direction == "maximize" else -1
            served[name] = {
                "score": single + sign * intervals[name].estimate / 100,
                "delta": intervals[name].estimate,
                "low": intervals[name].low,
                "high": intervals[name].high,
                "gain": float(found.gain[index]),
            }
    mean = mean_over_tasks(measured, confidence=proof.nominal)
    deltas = [entry["delta"] for entry in served.values()]
    return {
        "groups": [list(group) for group in arm.groups],
        "adapters": arm.adapters,
        "mean_gain": mean.estimate,
        "mean_gain_low": mean.low,
        "mean_gain_high": mean.high,
        "mean_delta": float(np.mean(deltas)),
        "worst_delta": float(min(deltas)),
        "flops": _training(arm, proof).flops,
        "tasks": {name: served[name] for name in tasks if name in served},
    }


def _training(arm: Partition, proof: Proof) -> Cost:
    """What one run of every group takes, mean over seeds; a task that could not be trained alone takes nothing."""
    runs = (proof.runs.groups[group] if len(group) > 1 else proof.runs.references.get(group[0]) for group in arm.groups)
    return sum((once(found) for found in runs if found), Cost())


def comparisons(proof: Proof, tasks: Mapping[str, EncodedTask]) -> dict[str, Any]:
    """How far the choice's mean gain is above that of every other grouping, on the same test examples.

    ``p_superior_holm`` is the p value of "it is no better", adjusted over all of them by Holm's method.
    """
    read = Measurements(proof.runs.groups, proof.runs.references, tasks, split="test")
    choice = proof.arms["choice"]
    found: dict[str, Any] = {}
    for name, arm in proof.arms.items():
        contrast = None if arm == choice else read.contrast(choice.groups, arm.groups)
        if contrast is not None:
            nominal = level(proof.nominal, fixed=contrast.sample**2, total=contrast.error**2)
            interval = t_interval(contrast.gain, contrast.error, contrast.freedom, confidence=nominal)
            found[name] = {
                "gain": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "p": p_above(contrast.gain, contrast.error, contrast.freedom),
            }
    for row, adjusted in zip(found.values(), holm([row.pop("p") for row in found.values()]), strict=True):
        row["p_superior_holm"] = float(adjusted)
    return found


def _settling_hours(proof: Proof, tasks: Mapping[str, EncodedTask]) -> dict[str, Any]:
    """Of every undecided task, hours of one worker that deciding it takes, by more examples and by more seeds."""
    found: dict[str, Any] = {}
    for name, of in proof.verdict.tasks.items():
        spent = effort(name, of.group, groups=proof.runs.groups, references=proof.runs.references, task=tasks[name])
        if of.settling is not None and spent is not None:
            found[name] = spent.hours(of.settling)
    return found


def _looks(proof: Proof) -> dict[str, Any]:
    """The looks at test that were planned, and the verdict at those that were taken."""
    return {
        "planned": [{"seeds": look.seeds, "confidence": look.confidence()} for look in proof.planned],
        "taken": [
            {
                "seeds": {group_name(group): count for group, count in of.seeds.items()},
                "verdict": of.status,
            }
            for of in proof.taken
        ],
    }


def _measured(group: Group, proof: Proof) -> MeasuredGroup:
    if len(group) > 1:
        return proof.measured[group]
    return trained_alone(group[0], seeds=len(proof.runs.references.get(group[0], ())))


def group_name(group: Sequence[str]) -> str:
    """``clone+defect``: how a group is named in files and tables."""
    return "+".join(group)


def folder_name(group: Sequence[str]) -> str:
    """The name of a group's folder: the group's own, or of many tasks its begin and a checksum."""
    name = group_name(group)
    if len(name.encode()) <= LONGEST:
        return name
    begin = name.encode()[: LONGEST - len("...") - 16].decode(errors="ignore")
    return f"{begin}...{hashlib.sha256(name.encode()).hexdigest()[:16]}"
