"""The object of ``evidence.json``: everything that the report draws beyond the matrix and the answer."""

import platform
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from affinity.factors import factors
from affinity.gains import MeasuredGroup, measure_groups, seed_noise
from affinity.matrix import AffinityMatrix
from cotrain.measuring import Probes
from cotrain.probing import Probed
from cotrain.recommendation import group_name
from cotrain.suite import Suite
from cotrain.versions import version
from grouping.partition import Group
from grouping.rounds.outcome import Outcome
from grouping.statistics import holm, p_above
from tasks.audit import Audit
from tasks.encoding import EncodedTask
from trainers.methods import settings_of
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.settings import LATER, Training
from trainers.turns import Temperature

PACKAGES = ("cotrain", "torch", "transformers", "peft", "optuna", "numpy", "scipy", "scikit-learn")
"""Whose versions a run records."""


def settings(suite: Suite, *, threads: int, device: str) -> dict[str, Any]:
    """What made the run: base model, method, versions, and the command to repeat it."""
    return {
        "schema": 1,
        "base_model": suite.base_model + (f" ({suite.base_model_bits} bits)" if suite.base_model_bits else ""),
        "estimator": suite.estimator,
        "method": settings_of(suite.method),
        "training": _chosen(suite),
        "command": _command(),
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "device": device,
        "threads": threads,
        "seeds": suite.budget.seeds,
    }


def _chosen(suite: Suite) -> dict[str, Any]:
    """Mixing, loss weights and aggregator, where they are not the defaults."""
    training, plain = suite.training, Training()
    found: dict[str, Any] = {
        name: getattr(training, name) for name in LATER if getattr(training, name) != getattr(plain, name)
    }
    if isinstance(training.mixing, Temperature):
        found["mixing"] = f"temperature {training.mixing.temperature:g}"
    return found | {f"weight of {name}": spec.weight for name, spec in suite.tasks.items() if spec.weight != 1}


def _command() -> str:
    """The command line, or nothing if a Python program called."""
    if Path(sys.argv[0]).name not in ("cotrain", "__main__.py"):
        return ""
    return shlex.join(["cotrain", *(_without_password(word) for word in sys.argv[1:])])


def _without_password(word: str) -> str:
    """A word of the command line, as a report may show it."""
    word = re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1@", word)
    return re.sub(r"([?&]password=)[^&\s]*", r"\1...", word)


def curves(runs: Sequence[Runs]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Stop-half losses by task, then by group (``reference`` for the task's single), one entry per seed."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for part in runs:
        for name, references in part.references.items():
            found.setdefault(name, {}).setdefault("reference", []).extend(_curve(run, name) for run in references)
        for group, results in part.groups.items():
            for name in group:
                entry = found.setdefault(name, {}).setdefault(group_name(group), [])
                entry.extend(_curve(run, name) for run in results)
    return found


def _curve(run: GroupResult, name: str) -> dict[str, Any]:
    return {
        "seed": run.seed,
        "grid": run.grid.tolist(),
        "stop": run.members[name].curve.tolist(),
        "chosen": run.chosen,
    }


def measured_groups(
    measured: Mapping[Group, MeasuredGroup],
    *,
    phase: str,
    forecasts: Mapping[Group, tuple[Mapping[str, float], Mapping[str, float]]] | None = None,
) -> list[dict[str, Any]]:
    """Every trained group of a phase: what was measured, and what had been predicted before."""
    found = []
    for group, of in measured.items():
        if len(group) < 2:
            continue
        predicted = (forecasts or {}).get(group)
        found.append(
            {
                "group": list(group),
                "phase": phase,
                "seeds": of.seeds,
                "gain": _by_member(of, of.gain),
                "gain_error": _by_member(of, of.gain_error),
                "delta": _by_member(of, of.delta),
                "delta_error": _by_member(of, of.delta_error),
                "predicted": dict(predicted[0]) if predicted else None,
                "predicted_error": dict(predicted[1]) if predicted else None,
            }
        )
    return found


def weight_shares(runs: Sequence[Runs]) -> list[dict[str, Any]]:
    """Shares of the steps that an aggregator gave to each member: mean, and extremes over parts of curves and seeds.

    Empty without an aggregator. Of a group that was trained in several phases, the latest counts.
    """
    found = {}
    for part in runs:
        for group, results in part.groups.items():
            for name in group:
                shares = np.concatenate([run.members[name].share_curve for run in results])
                if len(shares):
                    row = {"group": list(group), "task": name, "share": float(shares.mean())}
                    found[group, name] = row | {"least": float(shares.min()), "most": float(shares.max())}
    return list(found.values())


def failed_groups(runs: Sequence[Runs]) -> list[dict[str, Any]]:
    """Groups that could not be trained, and tasks that could not be trained alone, with the reason."""
    return [{"group": list(group), "reason": why} for part in runs for group, why in part.failures.items()]


def forecasts(outcome: Outcome) -> dict[Group, tuple[dict[str, float], dict[str, float]]]:
    """What the search predicted of each group before it trained it: gains and errors by member."""
    return {
        forecast.group: (
            dict(zip(forecast.group, forecast.mean.tolist(), strict=True)),
            dict(zip(forecast.group, forecast.error.tolist(), strict=True)),
        )
        for round_ in outcome.rounds
        for forecast in round_.forecasts
    }


def _by_member(of: MeasuredGroup, values: Any) -> dict[str, float]:
    return dict(zip(of.group, np.asarray(values).tolist(), strict=True))


def affinities(estimator: str, probed: Probed, *, searched: Mapping[Group, Sequence[GroupResult]]) -> dict[str, Any]:
    """Where affinities came from: the estimator, and the pairs that were trained, before the search or by it.

    Args:
        searched: Runs of the groups that the search trained.
    """
    pairs = list(combinations(sorted(probed.trainer.tasks), 2))
    trained = [pair for pair in pairs if pair in probed.probes.runs.groups or pair in searched]
    return {"estimator": estimator, "pairs": len(pairs), "trained_pairs": [list(pair) for pair in trained]}


def step_matching(
    probes: Probes, *, passes: int, searched: Mapping[Group, Sequence[GroupResult]] | None = None
) -> list[dict[str, Any]]:
    """What a partner seems to be worth if the single stops after as many passes as the pair, and if it need not.

    Both read the stop half, on which every curve is known: the pair at its chosen point, against the single's best
    point within ``passes`` passes, and against its best point at all. Pairs that were not trained have no row.

    Args:
        searched: Runs of the groups that the search trained.
    """
    found = []
    more = searched or {}
    measured = probes.with_groups(more)
    for group, runs in {**more, **probes.runs.groups}.items():
        if len(group) != 2:
            continue
        for target in group:
            (source,) = set(group) - {target}
            references = probes.runs.references[target]
            short = np.mean([run.members[target].curve[run.grid <= passes].min() for run in references])
            long = np.mean([run.members[target].curve.min() for run in references])
            pair = np.mean([run.members[target].curve[run.chosen] for run in runs])
            prior = probes.tasks[target].splits["stop"].prior_loss
            at = measured[group].group.index(target)
            found.append(
                {
                    "target": target,
                    "source": source,
                    "against_equal_passes": float((short - pair) / prior),
                    "against_reference": float((long - pair) / prior),
                    "error": float(measured[group].gain_error[at]),
                }
            )
    return sorted(found, key=lambda row: (row["target"], row["source"]))


def controls(
    matrix: AffinityMatrix,
    measured: Mapping[Group, MeasuredGroup],
    sources: Sequence[str],
    *,
    predicted: bool = False,
) -> list[Any]:
    """Affinities from sources that cannot help, with p values of "it does not help", also after Holm over all.

    Args:
        predicted: Whether a pair that was not trained has the predicted score, whose errors are taken as normal;
            otherwise it could not be trained, and has none.
    """
    rows: list[dict[str, Any]] = []
    for source in sources:
        for target in matrix.tasks:
            of = measured.get(tuple(sorted((source, target))))
            if target == source or (of is None and not predicted):
                continue
            if of is None:
                score, error, freedom = matrix[source, target], matrix.error(source, target), np.inf
            else:
                at = of.group.index(target)
                score, error, freedom = float(of.gain[at]), float(of.gain_error[at]), float(of.gain_freedom[at])
            row = {"source": source, "target": target, "score": score, "error": error}
            rows.append(row | {"p": p_above(score, error, freedom), "measured": of is not None})
    for row, adjusted in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = float(adjusted)
    return rows


def five_factors(
    tasks: Mapping[str, EncodedTask],
    audit: Audit,
    *,
    probes: Probes | None = None,
    searched: Mapping[Group, Sequence[GroupResult]] | None = None,
) -> dict[str, Any]:
    """The study's factors as far as the runs tell them, on the select half; of a given grouping only the data's.

    Args:
        searched: Runs of the groups that the search trained.
    """
    if probes is None:
        return asdict(factors(list(tasks), {}, audit=audit))
    runs, references = {**probes.runs.groups, **(searched or {})}, probes.runs.references
    measured = measure_groups(runs, references, tasks)  # again, as the search leaves out what is not learnable
    noise = seed_noise(runs, references, tasks)
    return asdict(factors(list(tasks), measured, noise=noise, learnable=probes.learnable, audit=audit))
