"""The next partition of a study: candidates that are best in a drawn world, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.sampling.expected import expected
from grouping.sampling.first_partitions import first_partitions
from grouping.sampling.neighbours import neighbours
from grouping.sampling.reasons_why import WORDS
from grouping.sampling.solved_worlds import best_partitions
from grouping.sampling.worlds import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grouping.labels import Labels
    from grouping.sampling.allowed import Allowed
    from grouping.sampling.sampled_worlds import Beliefs
    from grouping.sampling.told import History
    from grouping.sampling.worlds import Worlds

DRAWS = 48
"""Drawn worlds in which candidates are valued."""
SOLVED = 5
"""Drawn worlds whose best partition is a candidate, beside that of their mean."""
PRICES = (1.0, 4.0)
"""Prices of a violated constraint at which two worlds are solved, so that candidates keep it."""
CENTRES = 2
"""Best partitions so far whose neighbours are candidates."""
OTHERS = 10
"""Next best partitions, of which one more has its turn."""


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
    found = first_partitions(history, allowed, generator)
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


def _candidates(
    history: History, worlds: Worlds, violations: Sequence[Worlds], allowed: Allowed, generator: np.random.Generator
) -> dict[Labels, str]:
    """Partitions that are allowed and not held, with the reason why they are looked at."""
    drawn = generator.choice(len(worlds.weights), size=SOLVED, replace=False)
    best = sorted(history.told, key=lambda told: (not told.feasible, -(told.value or 0.0)))
    centres = [told.labels for told in best[:CENTRES]]
    if len(best) > CENTRES:
        centres.append(best[int(generator.integers(CENTRES, min(len(best), CENTRES + OTHERS)))].labels)
    reasons: dict[Labels, str] = {}
    asked = [worlds.mean, worlds.only(drawn)]
    for of in violations:
        spread = worlds.weights.std() / max(float(of.weights.std()), 1e-12)
        asked += [worlds.plus(of, factor * spread).only(drawn[:2]) for factor in PRICES]
    for index, labels in enumerate(best_partitions(joined(asked), centres, allowed, generator)):
        reasons.setdefault(labels, WORDS["draw"] if index else WORDS["mean"])
    for centre in dict.fromkeys([*centres, *list(reasons)[:1]]):  # also near what is expected to be the best
        for row in neighbours(centre, allowed).tolist():
            reasons.setdefault(tuple(row), WORDS["near"])
    new = [labels for labels in reasons if labels not in history.held]
    if not new:
        return {}
    kept = allowed.partitions(np.array(new, dtype=np.intp))
    return {labels: reasons[labels] for labels, good in zip(new, kept, strict=True) if good}
