"""Several base models and methods beside each other after their searches, and which one is validated."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trainers.sizes import Sizes

QUANTILE = 1.96
"""Half of a 95 % interval in standard errors; with few degrees of freedom it is more, and the error here too large."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One base model and method with the grouping that its search chose; nothing is read on test."""

    name: str
    """Of its folder."""
    base_model: str
    """Short name."""
    method: str
    """Name of the method."""
    groups: tuple[tuple[str, ...], ...]
    """The grouping."""
    skill: float
    """Mean over tasks of the skill in the grouping, 1 - loss / loss of the constant predictor, on the select half."""
    error: float
    """Its standard error, tasks taken as independent."""
    tasks: Mapping[str, float]
    """Skill of every task; 0 of one that could not be measured."""
    trainable: int
    """Trained weights of all groups and heads."""
    stored_bytes: int
    """What is kept of them."""
    flops_per_token: float
    """Of serving: one pass over the base model per group, where a text is asked about for every task."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"groups": [list(group) for group in self.groups], "adapters": len(self.groups)}


def contender(
    name: str,
    base_model: str,
    method: str,
    *,
    recommended: Mapping[str, Any],
    skills: Mapping[str, Mapping[str, float]],
    sizes: Sizes,
) -> Contender:
    """What a search found, as one of several.

    Args:
        recommended: The object of its ``recommendation.json``, not validated.
        skills: ``skill``, ``low`` and ``high`` of every task's reference on the select half.
        sizes: Of the base model and what the method trains.
    """
    groups = tuple(tuple(group) for group in recommended["groups"])
    counts = [len(group) for group in groups]
    tasks: dict[str, float] = {}
    variance = 0.0
    for task, of in recommended["tasks"].items():
        known = skills.get(task)
        if known is None:
            tasks[task] = 0.0
            continue
        own = (known["high"] - known["low"]) / (2 * QUANTILE)
        tasks[task] = known["skill"] + (of["predicted"] or 0.0)
        variance += own**2 + (of["predicted_error"] or 0.0) ** 2
    return Contender(
        name=name,
        base_model=base_model,
        method=method,
        groups=groups,
        skill=float(np.mean(list(tasks.values()))),
        error=float(np.sqrt(variance)) / len(tasks),
        tasks=tasks,
        trainable=sizes.trainable(counts),
        stored_bytes=sizes.stored(counts),
        flops_per_token=2.0 * sizes.matrix * len(groups),
    )


def choose(contenders: Sequence[Contender]) -> tuple[Contender, str]:
    """The cheapest to serve of those that may be the best, and the sentence that says so.

    One may be the best if its mean skill is no more than one standard error of the difference below the highest;
    held-out examples are the same for all, so that error is too large rather than too small. Of equal cost to serve,
    the one that stores least.
    """
    best = max(contenders, key=lambda of: of.skill)
    near = [of for of in contenders if best.skill - of.skill <= np.hypot(best.error, of.error)]
    chosen = min(near, key=lambda of: (of.flops_per_token, of.stored_bytes, -of.skill))
    shown = f"mean skill {chosen.skill:.3f} +/- {chosen.error:.3f}"
    if chosen == best and len(near) == 1:
        return chosen, f"{chosen.name} is better than all others by more than an error: {shown}"
    if chosen == best:
        others = ", ".join(of.name for of in near if of != chosen)
        return chosen, f"{chosen.name} is the best and the cheapest to serve among its equals ({others}): {shown}"
    of_best = f"{best.name}, {best.skill:.3f} +/- {best.error:.3f}"
    return chosen, f"{chosen.name} is within an error of the best ({of_best}) and cheaper to serve: {shown}"
