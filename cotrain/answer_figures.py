"""The figures of an answer by name, flat: what ``log.jsonl`` and trackers say of it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from grouping.partition import show
from trainers.cost import Cost

ANSWERED = "answered"
"""The event in the log."""
BASELINES = ("together", "random", "compared")
"""Groupings that the choice is held against; every task alone has a gain of 0."""


def answer_figures(found: Mapping[str, Any]) -> dict[str, float]:
    """Numbers of the object of ``recommendation.json``, without those that are not known.

    ``mean_gain`` with its 95 % interval and ``worst_delta`` (points) are those of the choice on test, also where it was
    refuted; ``adapters`` are those of the answer. ``cost/of_singles_and_pairs`` is the computation of probe runs and
    search over that of training every single and every pair.
    """
    return {name: value + 0.0 for name, value in _figures(found) if _known(value)}  # -0.0 as 0.0


def answer_words(found: Mapping[str, Any]) -> dict[str, str]:
    """What of it is text: the verdict and its reason, the groups, the objective."""
    proposed = found.get("proposed")
    return {
        "verdict": str(found["verdict"]),
        "reason": str(found["reason"]),
        "groups": _groups(found["groups"]),
        "objective": str(found["objective"]["name"]),
        **({"proposed": _groups(proposed)} if proposed else {}),
    }


def _figures(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "adapters", len(found["groups"])
    yield "tasks", len(found["tasks"])
    choice = found["baselines"].get("choice") or {}
    for name in ("mean_gain", "mean_gain_low", "mean_gain_high", "worst_delta"):
        yield name, choice.get(name)
    predicted = [of.get("predicted") for of in found["tasks"].values()]
    if predicted and all(map(_known, predicted)):
        yield "expected_mean_gain", sum(predicted) / len(predicted)
    yield "probability_best", found.get("probability_best")
    for name in BASELINES:
        yield f"{name}/mean_gain", (found["baselines"].get(name) or {}).get("mean_gain")
    for task, of in found["tasks"].items():
        for field, name in (("delta", "delta"), ("low", "delta_low"), ("high", "delta_high"), ("gain", "gain")):
            yield f"{name}/{task}", of.get(field)
    yield from _cost(found["cost"])


def _cost(cost: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    total, finding = Cost(**cost["total"]), Cost(**cost["probe"]) + Cost(**cost["search"])
    yield from ((f"cost/{name}", getattr(total, name)) for name in ("seconds", "flops", "jobs"))
    yield "cost/wall_seconds", cost["wall_seconds"]
    reference = Cost(**cost["pairs_reference"]).flops
    if reference and finding.flops:
        yield "cost/of_singles_and_pairs", finding.flops / reference


def _known(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _groups(groups: Any) -> str:
    return " ".join(show(group) for group in groups)
