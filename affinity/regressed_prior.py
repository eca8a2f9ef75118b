"""A prior about groups of many tasks that asks another one about some groups only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.partner_regression import PartnerRegression
from affinity.prior import GainPrior
from trainers.mixing import seeded

FEW = 16
"""Tasks of which a prior can be asked about every group."""
PER_TASK = 6
"""Groups that are asked for, for each task."""
MOST = 1024
"""Groups that are asked for at most."""


@dataclass(frozen=True, eq=False)
class RegressedPrior:
    """Gains of any group by a regression on who is there (:mod:`affinity.partner_regression`).

    Args:
        tasks: In the order of the columns.
        in_gains: As the prior has it.
        regression: Fitted to what the prior says of some groups.
    """

    tasks: tuple[str, ...]
    in_gains: bool
    regression: PartnerRegression

    @classmethod
    def of(cls, prior: GainPrior) -> "RegressedPrior":
        """Asks the prior about random groups of all sizes, and all tasks together; the same ones every time."""
        groups = asked_for(len(prior.tasks))
        gains = prior.gains(groups)
        return cls(tuple(prior.tasks), bool(getattr(prior, "in_gains", False)), PartnerRegression.fit(groups, gains))

    def gains(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Gains of groups, shape ``(G, T)``; NaN where the task is not a member, 0 for a single."""
        found = np.where(members, 0.0, np.nan)
        shared = members.sum(axis=1) > 1
        if shared.any():
            found[shared] = self.regression.gains(members[shared])
        return found


def asked_for(tasks: int) -> NDArray[np.bool_]:
    """The groups that are asked for, shape ``(G, T)``."""
    count = min(MOST, PER_TASK * tasks)
    groups = random_groups(tasks, count, seeded("regressed prior", tasks))
    groups[-1] = True
    return np.unique(groups, axis=0)


def random_groups(tasks: int, count: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Groups of two tasks or more, small sizes as often as large ones by their logarithm, shape ``(count, tasks)``."""
    sizes = np.exp(generator.uniform(np.log(2), np.log(tasks + 1), size=count)).astype(np.intp)
    order = np.argsort(generator.random((count, tasks)), axis=1)
    return np.asarray(np.argsort(order, axis=1) < sizes[:, None])
