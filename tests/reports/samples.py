"""Runs as they might have ended, in the form of the three JSON files; planted groups, fixed seeds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affinity.factors import Quality, factors
from affinity.variance import RunNoise
from tests.affinity.factors import worlds

NAMES = (
    "complexity", "docstring_match", "exception_type", "clone", "code_search", "verb",
    "operator", "returns_none", "is_recursive", "raises", "lint_unused", "arity",
    "flaky_test", "defect", "type_hint", "decorator", "async_def", "loop_depth",
)  # fmt: skip
METRICS = ("accuracy", "accuracy", "macro_f1", "f1", "mrr", "accuracy")


def audit(tasks: Sequence[str]) -> dict[str, Any]:
    """An audit with findings of every severity, and sizes."""

    def finding(severity: str, check: str, task: str, share: float, message: str) -> dict[str, Any]:
        examples = [{"task": task, "split": "test", "row": 3, "text": "def add(a, b): return a + b"}]
        return {"severity": severity, "check": check, "task": task, "share": share, "message": message,
                "examples": examples}  # fmt: skip

    rows = {"train": 600, "stop": 150, "select": 150, "test": 400}
    return {
        "schema": 1,
        "near": 0.8,
        "findings": [
            finding("serious", "leaks", tasks[0], 0.035, "14 of 400 test rows (3.5%) stand in train of another task."),
            finding("warning", "balance", tasks[1], 0.81, "`no` has 540 train rows and `yes` 60, 9.0 to 1."),
            finding(
                "note", "sizes", "", 1.0, f"{len(tasks)} of {len(tasks)} tasks have too few test rows for 1 point."
            ),
        ],
        "sizes": [
            {"task": task, "kind": "binary", "rows": rows, "units": rows, "margin": 1.0, "detectable": 6.3}
            for task in tasks
        ],
        "balance": [{"task": task, "metric": METRICS[i % 6], "baseline": 0.5} for i, task in enumerate(tasks)],
    }


def names(count: int) -> tuple[str, ...]:
    """``count`` distinct task names."""
    return tuple(NAMES[i % len(NAMES)] + ("" if i < len(NAMES) else f"_{i // len(NAMES)}") for i in range(count))


def split(tasks: Sequence[str], sizes: Sequence[int]) -> list[list[str]]:
    """Consecutive groups of the given sizes."""
    ends = np.cumsum(sizes)
    return [sorted(tasks[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def cost(jobs: int, seconds: float) -> dict[str, Any]:
    """Work of ``jobs`` runs."""
    return {
        "seconds": seconds,
        "flops": 4.1e12 * seconds,
        "tokens_forward": int(21000 * seconds),
        "tokens_backward": int(9000 * seconds),
        "jobs": jobs,
    }


def affinity(tasks: Sequence[str], groups: Sequence[Sequence[str]], *, seed: int = 0) -> dict[str, Any]:
    """Members of a group help each other, others hurt a little; noise on top."""
    rng = np.random.default_rng([seed, len(tasks)])
    label = {task: g for g, group in enumerate(groups) for task in group}
    same = np.array([[label[a] == label[b] for b in tasks] for a in tasks])
    errors = rng.uniform(0.008, 0.022, same.shape)
    scores = np.where(same, 0.055, -0.018) * rng.uniform(0.2, 1.6, same.shape) + rng.normal(0, 0.6, same.shape) * errors
    np.fill_diagonal(scores, 0.0)
    np.fill_diagonal(errors, 0.0)
    pairs = len(tasks) * (len(tasks) - 1) // 2
    return {
        "schema": 1,
        "tasks": list(tasks),
        "scores": scores.round(5).tolist(),
        "errors": errors.round(5).tolist(),
        "estimator": "pairwise",
        "cost": cost(2 * len(tasks) + pairs, 3.2 * (2 * len(tasks) + pairs)),
    }


def _served(delta: float, half: float, single: float, gain: float) -> dict[str, float]:
    ends = {"delta": delta, "low": delta - half, "high": delta + half}
    return {
        "score": round(single + delta / 100, 4),
        **{k: round(v, 2) for k, v in ends.items()},
        "gain": round(gain, 4),
    }


def _baseline(
    groups: list[list[str]], tasks: Sequence[str], single: Mapping[str, float], rng: np.random.Generator, level: float
) -> dict[str, Any]:
    alone = {group[0] for group in groups if len(group) == 1}
    deltas = {task: 0.0 if task in alone else float(rng.normal(level, 0.9)) for task in tasks}
    halves = {task: 0.0 if task in alone else float(rng.uniform(0.8, 1.9)) for task in tasks}
    served = {task: _served(deltas[task], halves[task], single[task], deltas[task] / 45) for task in tasks}
    mean_gain = float(np.mean([row["gain"] for row in served.values()]))
    half = 0.0 if len(alone) == len(tasks) else 0.012
    return {
        "groups": groups,
        "adapters": len(groups),
        "mean_gain": mean_gain,
        "mean_gain_low": mean_gain - half,
        "mean_gain_high": mean_gain + half,
        "mean_delta": float(np.mean(list(deltas.values()))),
        "worst_delta": min(deltas.values()),
        "flops": 2e13 * len(alone) + 1.6e13 * (len(tasks) - len(alone)),
        "tasks": served,
    }


def recommendation(
    tasks: Sequence[str], groups: list[list[str]], *, verdict: str = "confirmed", seed: int = 1
) -> dict[str, Any]:
    """A recommendation with all of its fields; ``verdict`` as DESIGN.md lists them."""
    rng = np.random.default_rng([seed, len(tasks)])
    validated, refuted = verdict != "not validated", verdict == "refuted"
    single = {task: round(float(rng.uniform(0.55, 0.9)), 4) for task in tasks}
    singles = [[task] for task in sorted(tasks)]
    level = -2.6 if refuted else 1.3
    shuffled = [str(task) for task in rng.permutation(sorted(tasks))]
    baselines = {
        "choice": _baseline(groups, tasks, single, rng, level),
        "single": _baseline(singles, tasks, single, rng, 0.0),
        "together": _baseline([sorted(tasks)], tasks, single, rng, -0.9),
        "random": _baseline(split(shuffled, [len(group) for group in groups]), tasks, single, rng, -0.3),
    }
    answer = singles if refuted else groups
    outcomes = {}
    for i, task in enumerate(tasks):
        row = baselines["choice"]["tasks"][task]
        alone = [task] in groups
        status = "confirmed" if row["low"] > -1 else "refuted" if row["high"] < -1 else "undecided"
        reason = {
            "confirmed": "the lower end lies above minus the margin",
            "refuted": "the upper end lies below minus the margin",
            "undecided": "the interval holds minus the margin; about 9,000 test examples would decide",
        }
        outcomes[task] = {
            "metric": METRICS[i % len(METRICS)],
            "single": single[task],
            "grouped": row["score"],
            "prior": 0.5,
            **{key: row[key] for key in ("delta", "low", "high", "gain")},
            "margin": 1.0,
            "detectable": None if alone else 2.2,
            "p_superior_holm": None if alone else 0.04,
            "predicted": 0.0 if alone else round(abs(row["gain"]) + float(rng.normal(0, 0.012)), 4),
            "predicted_error": 0.0 if alone else 0.014,
            "verdict": status,
            "reason": reason[status],
        }
        if not validated:
            empty = dict.fromkeys(("single", "grouped", "delta", "low", "high", "gain", "detectable"))
            outcomes[task] |= {**empty, "verdict": "not validated", "reason": "no validation was asked for"}
    reasons = {
        "confirmed": f"every lower end lies above minus the margin, {len(groups)} adapters instead of {len(tasks)}",
        "refuted": "at least one task falls below its margin on test; every task alone is the answer",
        "undecided": "no task is shown to fall below its margin, but too little test data decides it for some",
        "not validated": "the grouping is a proposal from probe runs; nothing was retrained or tested",
    }
    pairs = len(tasks) * (len(tasks) - 1) // 2
    spent = {
        "probe": cost(2 * len(tasks) + pairs, 3.2 * (2 * len(tasks) + pairs)),
        "search": cost(4, 41.0),
        "validation": cost(3 * len(tasks), 160.0) if validated else cost(0, 0.0),
    }
    total = {key: sum(part[key] for part in spent.values()) for key in cost(0, 0.0)}
    return {
        "schema": 1,
        "groups": answer,
        "served_by": {task: g for g, group in enumerate(answer) for task in group},
        "proposed": groups if refuted else None,
        "objective": {"name": "fewest_adapters", "max_adapters": len(groups), "confidence": 0.95},
        "tasks": outcomes,
        "baselines": baselines if validated else {},
        "verdict": verdict,
        "reason": reasons[verdict],
        "validated": validated,
        "test_openings": 1 if validated else 0,
        "learnable": dict.fromkeys(tasks, True),
        "cost": {
            **spent,
            "total": total,
            "pairs_reference": cost(2 * (len(tasks) + pairs), 9.0 * (len(tasks) + pairs)),
            "wall_seconds": 0.62 * total["seconds"],
        },
    }


def _curve(rng: np.random.Generator, seed: int, passes: float, floor: float) -> dict[str, Any]:
    grid = np.arange(0.5, passes + 0.01, 0.5)
    stop: NDArray[np.float64] = floor + 0.9 * np.exp(-grid / 1.4) + rng.normal(0, 0.008, len(grid)) + 0.01 * grid
    return {"seed": seed, "grid": grid.tolist(), "stop": stop.round(4).tolist(), "chosen": int(stop.argmin())}


def five_factors(tasks: Sequence[str], groups: Sequence[Sequence[str]], matrix: Mapping[str, Any]) -> dict[str, Any]:
    """The factors of the matrix, with its groups trained, and shares of an audit."""
    known = dict.fromkeys(RunNoise.__dataclass_fields__, 0.0) | {"run": 1e-4, "run_freedom": 9.0}
    measured = worlds.pairs_of(tasks, np.array(matrix["scores"]), run=0.012, reference=0.008, freedom=9.0)
    for of in groups:
        if len(of) > 2:
            measured[tuple(sorted(of))] = worlds.group(
                sorted(of), [0.04] * len(of), run=0.01, reference=0.008, freedom=9.0
            )
    found = asdict(factors(tasks, measured, noise=dict.fromkeys(tasks, RunNoise(**known))))
    shares = {"conflicting": 0.021, "seen": 0.035, "seen_elsewhere": 0.0, "majority": 0.81, "truncated": None}
    found["quality"] = [asdict(Quality(task, **shares)) for task in tasks]
    del found["missing"]["quality"]
    return found


def evidence(
    tasks: Sequence[str], groups: list[list[str]], matrix: Mapping[str, Any], *, seed: int = 2, controls: bool = True
) -> dict[str, Any]:
    """Curves, measured groups, proposals, step matching and controls that fit the other two objects."""
    rng = np.random.default_rng([seed, len(tasks)])
    index = {task: i for i, task in enumerate(tasks)}
    curves: dict[str, Any] = {}
    for group in groups:
        for task in group:
            floor = float(rng.uniform(0.35, 0.7))
            references = [_curve(rng, s, float(rng.integers(6, 10)), floor) for s in range(2)]
            curves[task] = {"reference": references}
            if len(group) > 1:
                curves[task]["+".join(group)] = [_curve(rng, s, 3.0, floor - 0.03) for s in range(2)]
    measured = []
    for a, b in ((a, b) for a in tasks for b in tasks if a < b):
        if len(tasks) > 12 and rng.random() > 0.1:
            continue
        gain = {a: matrix["scores"][index[b]][index[a]], b: matrix["scores"][index[a]][index[b]]}
        errors = {a: 0.014, b: 0.014}
        measured.append(
            {"group": [a, b], "phase": "probe", "seeds": 1, "gain": gain, "gain_error": errors,
             "delta": {t: 40 * g for t, g in gain.items()}, "delta_error": {a: 0.9, b: 0.9},
             "predicted": {}, "predicted_error": {}}
        )  # fmt: skip
    for phase in ("search", "validation"):
        for group in (g for g in groups if len(g) > 1):
            gain = {t: float(rng.normal(0.04, 0.02)) for t in group}
            measured.append(
                {"group": group, "phase": phase, "seeds": 2, "gain": gain, "gain_error": dict.fromkeys(group, 0.01),
                 "delta": {t: 40 * g for t, g in gain.items()}, "delta_error": dict.fromkeys(group, 0.7),
                 "predicted": {t: g + float(rng.normal(0, 0.02)) for t, g in gain.items()},
                 "predicted_error": dict.fromkeys(group, 0.018)}
            )  # fmt: skip
    proposals = []
    for adapters in range(1, min(len(tasks), 8) + 1):
        for _ in range(3):
            shuffled = [str(task) for task in rng.permutation(sorted(tasks))]
            parts = [sorted(shuffled[i::adapters]) for i in range(adapters)]
            value = 0.03 - 0.006 * abs(adapters - len(groups)) + float(rng.normal(0, 0.006))
            proposals.append({"groups": parts, "adapters": adapters, "mean_gain": value, "error": 0.008,
                              "worst": value - 0.03, "trained": bool(rng.random() < 0.35), "chosen": False,
                              "kind": "proposal"})  # fmt: skip
    singles = [[task] for task in sorted(tasks)]
    for kind, parts, value, error, worst in (
        ("single", singles, 0.0, 0.0, 0.0),
        ("together", [sorted(tasks)], -0.006, 0.007, -0.026),
        ("choice", groups, 0.034, 0.006, 0.014),
    ):
        proposals.append({"groups": parts, "adapters": len(parts), "mean_gain": value, "error": error, "kind": kind,
                          "worst": worst, "trained": True, "chosen": kind == "choice"})  # fmt: skip
    matching = [
        {"target": b, "source": a, "against_equal_passes": matrix["scores"][index[a]][index[b]] + 0.08,
         "against_reference": matrix["scores"][index[a]][index[b]], "error": 0.014}
        for a in tasks[:4] for b in tasks[:4] if a != b
    ]  # fmt: skip
    shuffled_source = f"{tasks[0]}_shuffled"
    return {
        "schema": 1,
        "base_model": "embedded (all-MiniLM-L6-v2)",
        "method": {"name": "lora", "r": 8, "alpha": 16, "layers": "top-2"},
        "command": "cotrain recommend suite.yaml --controls --seed 42",
        "versions": {"cotrain": "0.1.0", "python": "3.11.9", "torch": "2.13.0", "peft": "0.21.2", "optuna": "5.0.0"},
        "seeds": 2,
        "curves": curves,
        "measured": measured,
        "proposals": proposals,
        "step_matching": matching,
        "controls": [
            {"source": shuffled_source, "target": task, "score": float(rng.normal(0, 0.008)), "error": 0.011,
             "p": float(rng.uniform(0.1, 0.95)), "p_holm": 1.0}
            for task in tasks[:6]
        ] if controls else [],
        "audit": audit(tasks),
        "factors": five_factors(tasks, groups, matrix),
    }  # fmt: skip


SHAPES: dict[str, tuple[int, tuple[int, ...], str]] = {
    "six": (6, (3, 2, 1), "confirmed"),
    "eight": (8, (3, 3, 2), "undecided"),
    "twelve": (12, (4, 4, 3, 1), "undecided"),
    "unvalidated": (6, (3, 2, 1), "not validated"),
    "refuted": (6, (3, 2, 1), "refuted"),
    "thirty": (30, (7, 6, 5, 4, 3, 3, 1, 1), "undecided"),
    "sixty": (60, (9, 8, 8, 7, 6, 6, 5, 5, 4, 2), "confirmed"),
    "hundred": (100, (14, 12, 11, 10, 9, 9, 8, 7, 6, 5, 4, 2, 1, 1, 1), "confirmed"),
}
"""Number of tasks, group sizes and verdict of every sample."""


def sample(name: str) -> dict[str, dict[str, Any]]:
    """The three objects of one of :data:`SHAPES`, by file name."""
    count, sizes, verdict = SHAPES[name]
    tasks = names(count)
    groups = sorted(split(tasks, sizes))
    matrix = affinity(tasks, groups)
    return {
        "affinity.json": matrix,
        "recommendation.json": recommendation(tasks, groups, verdict=verdict),
        "evidence.json": evidence(tasks, groups, matrix, controls=name != "unvalidated"),
    }


def write(folder: Path, objects: Mapping[str, Mapping[str, Any]]) -> Path:
    """A run folder with the objects in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in objects.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return folder
