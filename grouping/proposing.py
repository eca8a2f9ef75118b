"""The next partition of a study: candidates that are best in a drawn world, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.expected import expected
from grouping.local_moves import improved
from grouping.neighbours import neighbours
from grouping.solvers.unlimited import best_labels
from grouping.worlds import ENUMERATED, Worlds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.allowed import Allowed
    from grouping.labels import Labels
    from grouping.sampled_worlds import Beliefs
    from grouping.told import History

DRAWS = 64
"""Drawn worlds in which candidates are valued."""
SOLVED = 7
"""Drawn worlds whose best partition is a candidate, beside that of their mean."""
CENTRES = 2
"""Best partitions so far whose neighbours are candidates."""
WORDS = {
    "baseline": "baseline",
    "mean": "best expected",
    "draw": "best in a draw",
    "near": "near the best so far",
    "left": "left over",
}
"""Why a partition was proposed."""


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A partition to train and what is expected of it."""

    labels: Labels
    why: str
    """One of :data:`WORDS`."""
    value: float
    """Expected value, the higher the better."""
    error: float
    """Its standard error."""
    models: int
    """Models that it needs and that nobody trained yet."""


def propose(history: History, beliefs: Beliefs, allowed: Allowed, generator: np.random.Generator) -> Proposed | None:
    """The next partition, which the study does not hold; None where it holds all that are allowed."""
    worlds = beliefs.worlds(history, draws=DRAWS, generator=generator)
    violations = beliefs.violations(history, draws=DRAWS, generator=generator)
    found = {labels: WORDS["baseline"] for labels in _baselines(history, allowed)[:1]}
    if not found:
        found = _candidates(history, worlds, violations, allowed, generator)
    if not found:
        left = allowed.outside(history.held, generator)
        if left is None:
            return None
        found = {left: WORDS["left"]}
    rows = np.array(list(found), dtype=np.intp)
    what = expected(rows, worlds, violations, incumbent=history.incumbent, paid=history.paid)
    best = what.best
    labels = list(found)[best]
    return Proposed(
        labels=labels, why=found[labels], value=float(what.value[best]), error=float(what.error[best]),
        models=int(what.models[best]),
    )  # fmt: skip


def _baselines(history: History, allowed: Allowed) -> list[Labels]:
    """Every task alone and all together, as far as they are allowed and not held."""
    count = len(history.tasks)
    both = (tuple(range(count)), (0,) * count)
    return [labels for labels in both if labels not in history.held and allowed.allows(labels)]


def _candidates(
    history: History, worlds: Worlds, violations: Sequence[Worlds], allowed: Allowed, generator: np.random.Generator
) -> dict[Labels, str]:
    """Partitions that are allowed and not held, with the reason why they are looked at."""
    drawn = generator.choice(len(worlds.weights), size=SOLVED, replace=False)
    best = sorted(history.told, key=lambda told: (not told.feasible, -(told.value or 0.0)))
    centres = [told.labels for told in best[:CENTRES]]
    reasons: dict[Labels, str] = {}
    for labels in _best(worlds.mean, np.zeros(1, dtype=np.intp), centres, allowed, generator):
        reasons.setdefault(labels, WORDS["mean"])
    for labels in _best(worlds, drawn, centres, allowed, generator):
        reasons.setdefault(labels, WORDS["draw"])
    for of in violations:
        spread = worlds.weights.std() / max(float(of.weights.std()), 1e-12)
        for factor in (1.0, 4.0):
            for labels in _best(worlds.plus(of, factor * spread), drawn[:2], centres, allowed, generator):
                reasons.setdefault(labels, WORDS["draw"])
    for centre in centres:
        for labels in neighbours(centre, allowed.blocks):
            reasons.setdefault(labels, WORDS["near"])
    new = [labels for labels in reasons if labels not in history.held]
    if not new:
        return {}
    kept = allowed.partitions(np.array(new, dtype=np.intp))
    return {labels: reasons[labels] for labels, good in zip(new, kept, strict=True) if good}


def _best(
    worlds: Worlds, which: NDArray[np.intp], centres: Sequence[Labels], allowed: Allowed, generator: np.random.Generator
) -> list[Labels]:
    """The best allowed partition in some of the worlds: exact for few tasks, else by local moves."""
    count = worlds.count
    if count <= ENUMERATED:
        totals = worlds.every_total(which)
        totals[:, ~allowed.groups(np.arange(1 << count, dtype=np.int64))] = -np.inf
        return [tuple(row) for row in best_labels(totals, max_groups=allowed.max_adapters).tolist()]
    starts = [*centres, next(allowed.every(generator.permutation(len(allowed.blocks))))]
    rows = np.array([starts[index % len(starts)] for index in range(len(which))], dtype=np.intp)
    return improved(worlds.only(which), rows, allowed)
