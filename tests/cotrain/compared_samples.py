"""Run folders as they might have ended, two of a kind, for comparisons: nothing is trained."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.reports import samples

TASKS = samples.names(6)
GROUPS = samples.split(TASKS, (3, 2, 1))
SUITE = """\
base_model: embedded
seed: {seed}
method: {{name: lora, r: {rank}}}
tasks:
"""


def sample_run(
    folder: Path,
    *,
    seed: int = 0,
    groups: list[list[str]] | None = None,
    verdict: str = "confirmed",
    tests: Mapping[str, str] | None = None,
    rank: int = 8,
    change: Callable[[dict[str, dict[str, Any]]], None] | None = None,
) -> Path:
    """The run with six tasks, with other noise for each seed.

    Args:
        tests: Hashes of test examples in place of ones that are the same for all seeds.
        change: Works on the three objects before they are written.
    """
    chosen = GROUPS if groups is None else groups
    matrix = samples.affinity(TASKS, GROUPS, seed=seed)
    objects = {
        "affinity.json": matrix,
        "recommendation.json": samples.recommendation(TASKS, chosen, verdict=verdict, seed=seed + 1),
        "evidence.json": samples.evidence(TASKS, chosen, matrix, seed=seed + 2),
    }
    if change is not None:
        change(objects)
    samples.write(folder, objects)
    lines = [f"  {name}: {{data: {folder.name}.csv, text: code, label: target, margin: 1}}" for name in TASKS]
    (folder / "suite.yaml").write_text(SUITE.format(seed=seed, rank=rank) + "\n".join(lines) + "\n")
    marks = {"schema": 1, "base_model": "m" * 64, **{f"tasks.{name}": f"{seed}{name}" for name in TASKS}}
    marks["tests"] = dict.fromkeys(TASKS, "t" * 64) | dict(tests or {})
    (folder / "fingerprints.json").write_text(json.dumps(marks))
    started = {"event": "started", "device": "cpu", "workers": 1 + seed, "threads": 1}
    (folder / "log.jsonl").write_text(f'{json.dumps(started)}\n{{"event": "sta')
    return folder


def mirrored(value: Any) -> Any:
    """An object of two runs as it is with the runs in the other order."""
    if isinstance(value, list | tuple):
        return [mirrored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"a", "b"}:
        return {"a": mirrored(value["b"]), "b": mirrored(value["a"])}
    if set(value) == {"value", "low", "high"}:
        return {"value": minus(value["value"]), "low": minus(value["high"]), "high": minus(value["low"])}
    turned = {key: mirrored(item) for key, item in value.items()}
    if "why_not" in turned:
        turned |= {key: minus(turned[key]) for key in ("alone", "served")}
    for key in ("better", "cheaper"):
        if key in turned:
            turned[key] = {"a": "b", "b": "a"}.get(turned[key], turned[key])
    return turned


def minus(value: float | None) -> float | None:
    return None if value is None else -value


def rounded(value: Any) -> Any:
    """Numbers to ten digits: sums in another order."""
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return float(np.round(value, 10)) + 0.0 if isinstance(value, float) else value
