"""Complete reruns with other seeds and the same data: probes, estimator and search, without a look at test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from affinity.calibration import Correction
from cotrain.estimator import find_estimator
from cotrain.limits import reason
from cotrain.probing import probe
from cotrain.searching import choose_grouping
from cotrain.suite import Suite
from grouping.rounds.outcome import Outcome
from grouping.stability import Chosen, Stability, stability
from tasks.errors import InputError
from trainers.cost import Cost
from trainers.out_of_budget import OutOfBudget
from trainers.trainer import Trainer

APART = 100_000
"""Seeds of a rerun start this far above those of the one before, beyond those of its validation."""


@dataclass(frozen=True)
class Reruns:
    """What reruns showed.

    Args:
        stability: Of the first run and all reruns that were finished; None without any.
        cost: Of the reruns.
        wanted: Reruns that were asked for.
        done: Those that were finished.
    """

    stability: Stability | None
    cost: Cost
    wanted: int
    done: int

    def to_dict(self) -> dict[str, Any]:
        """The object ``stability`` of ``recommendation.json``: what was compared, or how far it came."""
        compared = {} if self.stability is None else self.stability.to_dict()
        return {"wanted": self.wanted, "done": self.done, **compared}


def rerun(trainer: Trainer, suite: Suite, first: Outcome, *, correction: Correction | None = None) -> Reruns:
    """Makes ``suite.budget.reruns`` complete reruns; the answer stays the first run's.

    They go through the same ledger. Where the time limit comes, those that are finished count; one in which fewer than
    two tasks can be measured is told of and left out.

    Args:
        trainer: Of the first run, for all tasks.
        first: What it found.
        correction: Of forecasts, as the first run had it.
    """
    chosen, cost = [Chosen(suite.seed, first.partition, first.gains)], Cost()
    for number in range(1, suite.budget.reruns + 1):
        seed = suite.seed + APART * number
        try:
            probed = probe(replace(trainer, seed=seed), find_estimator(suite.estimator))
            found = choose_grouping(probed, replace(suite, seed=seed), correction=correction)
        except OutOfBudget as error:
            trainer.tell(f"rerun {number} was not done: {reason(error)}")
            break
        except InputError as error:
            trainer.tell(f"rerun {number} is left out: {error}")
            continue
        chosen.append(Chosen(seed, found.outcome.partition, found.outcome.gains))
        cost = cost + probed.cost + found.cost
    return Reruns(_compared(chosen, suite.seed), cost, suite.budget.reruns, len(chosen) - 1)


def _compared(chosen: Sequence[Chosen], seed: int) -> Stability | None:
    return stability(chosen, seed=seed) if len(chosen) > 1 else None
