"""One whole way in a planted world: search on the select half, validation on test, and what of it was true."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from affinity.predictors import Hybrid
from benchmarks.proofs.planted_runs import DrawingTrainer, Group, Planted
from cotrain.measuring import Probes, TrainerOracle, neutral
from cotrain.proving import Proof, prove
from cotrain.recommendation import comparisons
from grouping.loop import search
from grouping.objective import BestGain, FewestAdapters
from grouping.partition import Partition, all_partitions
from grouping.rounds.planning import Budget as SearchBudget
from grouping.statistics import mean_over_tasks
from trainers.trainer import Trainer

POINTS = 2.0
MODELS = 8
"""Groups that the search may train beyond all tasks together."""


def repetition(planted: Planted, trainer: DrawingTrainer, *, objective: str) -> dict[str, Any]:
    """What one run claims, and whether it holds."""
    real = cast(Trainer, trainer)
    choice, searched = find(planted, trainer, objective=objective)
    proof = prove(real, choice)
    return judged(planted, proof) | {
        "searched": searched,
        "validated": sum(trainer.trained.values()) - searched,
        "regret": regret(planted, choice),
        "adapters": choice.adapters,
    }


def find(planted: Planted, trainer: DrawingTrainer, *, objective: str) -> tuple[Partition, float]:
    """The grouping that is chosen on the select half, and the work that was trained for it."""
    real = cast(Trainer, trainer)
    probes = probe(trainer)
    measured = {group: neutral(found, probes.learnable) for group, found in probes.measured.items()}
    unjudged = [name for name, learnable in probes.learnable.items() if not learnable]
    oracle = TrainerOracle(real, probes)
    found = search(
        Hybrid.fit(planted.names, [of.gains() for of in measured.values()], unjudged=unjudged),
        deltas=Hybrid.fit(
            planted.names, [of.deltas() for of in measured.values()], unmeasured=POINTS, unjudged=unjudged
        ),
        measured=measured,
        objective=BestGain()
        if objective == "best_gain"
        else FewestAdapters(margins=dict.fromkeys(planted.names, planted.margin)),
        oracle=oracle,
        budget=SearchBudget(
            models=MODELS,
            rounds=MODELS // 2,
            repeats=MODELS * (trainer.budget.seeds - 1),
            choice_runs=trainer.budget.seeds,
        ),
        seed=planted.seed,
        again=oracle.again,
    )
    return found.partition, sum(trainer.trained.values())


def probe(trainer: DrawingTrainer) -> Probes:
    """References and all tasks together, with the probe seeds."""
    budget = trainer.budget
    runs = trainer.run(
        [trainer.planted.names],
        seeds=trainer.probe_seeds(budget.seeds),
        references=trainer.planted.names,
        reference_seeds=trainer.probe_seeds(budget.reference_seeds),
    )
    return Probes.of(runs, trainer.tasks)


def judged(planted: Planted, proof: Proof) -> dict[str, Any]:
    """Intervals and claims of a proof beside the truth."""
    choice = proof.arms["choice"]
    truth = {name: delta for group in choice.groups for name, delta in zip(group, planted.deltas(group), strict=True)}
    shared = {name: of for name, of in proof.verdict.tasks.items() if len(of.group) > 1}
    hits = [bool((of.low or 0.0) <= truth[name] <= (of.high or 0.0)) for name, of in shared.items()]
    measured = [proof.measured[group] for group in choice.groups if len(group) > 1]
    measured += [proof.measured.get(group) or _alone(group, proof) for group in choice.groups if len(group) == 1]
    mean = mean_over_tasks(measured, confidence=proof.nominal)
    true_mean = value(planted, choice)
    beyond = min(truth.values()) < -planted.margin - 1e-9
    claims = {name: of for name, of in shared.items() if (of.p_superior_holm or 1.0) <= 0.05}
    answer = Partition.singles(choice.tasks) if proof.verdict.status == "refuted" else choice
    ahead = comparisons(proof, planted.tasks)
    false = [
        name
        for name, of in ahead.items()
        if of["p_superior_holm"] <= 0.05 and true_mean <= value(planted, proof.arms[name])
    ]
    return {
        "verdict": proof.verdict.status,
        "hits": sum(hits),
        "intervals": len(hits),
        "mean_hit": bool(mean.low <= true_mean <= mean.high) if shared else None,
        "ahead_hits": sum(
            of["low"] <= true_mean - value(planted, proof.arms[name]) <= of["high"] for name, of in ahead.items()
        ),
        "ahead": len(ahead),
        "false_superior": any(truth[name] <= 0 for name in claims),
        "false_ahead": bool(false),
        "false_confirmed": proof.verdict.status == "confirmed" and beyond,
        "worse_kept": answer == choice and beyond,
        "looks": len(proof.taken),
    }


def _alone(group: Group, proof: Proof) -> Any:
    from affinity.gains import trained_alone

    return trained_alone(group[0], seeds=len(proof.runs.references[group[0]]))


def value(planted: Planted, partition: Partition) -> float:
    """True mean gain."""
    total = sum(float(planted.gains[group].sum()) for group in partition.groups if len(group) > 1)
    return total / len(planted.names)


def regret(planted: Planted, choice: Partition) -> float:
    """What the choice lacks of the best, on a scale where the median grouping lacks 1."""
    values = np.array([value(planted, of) for of in all_partitions(planted.names)])
    best, median = float(values.max()), float(np.median(values))
    return (best - value(planted, choice)) / (best - median)


def ranked(planted: Planted, scores: Mapping[Partition, float]) -> Sequence[Partition]:
    """Groupings by falling score."""
    return sorted(scores, key=lambda of: (-scores[of], of.groups))
