"""Gains of any group from simulated training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affinity.partner_regression import PartnerRegression
from affinity.simulation import Counts, Simulation
from trainers.mixing import seeded

MOST = 1024
"""Groups that are simulated at one asking, at most; the others follow from them."""


@dataclass(frozen=True, eq=False)
class SimulatedGains:
    r"""What training would do, by :class:`~affinity.simulation.Simulation`; a :class:`~affinity.prior.GainPrior`.

    .. math:: gain_t(S) = (L_t^{ref} - L_t(S)) / L_t^{prior},

    both losses simulated, on the select half: no unit, 0 for a single, positive where the group helps. A group is
    simulated once and remembered. Where more than :data:`MOST` new groups are asked for at once, pairs, the largest
    group and a random selection are simulated, and the others follow by :mod:`affinity.partner_regression`.

    Args:
        simulation: Of the tasks.
        passes: Passes of a group.
        limits: Most passes of a task's reference, by task.
    """

    simulation: Simulation
    passes: int
    limits: Mapping[str, int]
    flops_of: list[float] = field(default_factory=list)
    """Operations of every simulation so far, filled as groups are asked for."""
    _known: dict[bytes, NDArray[np.float64]] = field(default_factory=dict)
    _references: list[NDArray[np.float64]] = field(default_factory=list)

    in_gains = True

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return self.simulation.tasks

    @property
    def references(self) -> NDArray[np.float64]:
        """Simulated losses of the references on the scale of the constant predictor's, shape ``(T,)``."""
        if not self._references:
            found = self.simulation.references(passes=self.passes, limits=self.limits)
            self._references.append(np.diag(found.select))
            self.flops_of.append(found.flops)
        return self._references[0]

    @property
    def flops(self) -> float:
        """Operations of the kernel and of all simulations so far, resamples too."""
        return self.simulation.kernel.flops + sum(self.flops_of)

    def gains(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Simulated gains, shape ``(G, T)``; NaN where the task is not a member, 0 for a single."""
        rows = {row.tobytes(): row for row in members if row.sum() > 1 and row.tobytes() not in self._known}
        if rows:
            rows = dict(sorted(rows.items()))  # what is selected does not depend on how it is asked
            asked = np.array(list(rows.values()))
            chosen = _selection(asked)
            made = self.simulation.run(asked[chosen], passes=self.passes)
            self.flops_of.append(made.flops)
            found = np.empty(asked.shape)
            found[chosen] = self.references - made.select
            if len(chosen) < len(asked):
                others = np.setdiff1d(np.arange(len(asked)), chosen)
                found[others] = PartnerRegression.fit(asked[chosen], found[chosen]).gains(asked[others])
            self._known.update(zip(rows, found, strict=True))
        gains = np.where(members, 0.0, np.nan)
        for place, row in enumerate(members):
            if row.sum() > 1:
                gains[place] = self._known[row.tobytes()]
        return gains

    def resampled(self, members: NDArray[np.bool_], draws: Sequence[Counts]) -> NDArray[np.float64]:
        """The same of groups of two or more, on every resample of the examples, shape ``(draws, G, T)``."""
        chosen = _selection(members)
        alone = self.simulation.references(passes=self.passes, limits=self.limits, draws=draws)
        made = self.simulation.run(members[chosen], passes=self.passes, draws=draws)
        self.flops_of.extend([alone.flops, made.flops])
        tasks = len(self.tasks)
        references = np.nanmax(alone.select.reshape(len(draws), tasks, tasks), axis=2)  # the others are NaN
        found = np.empty((len(draws), *members.shape))
        found[:, chosen] = references[:, None] - made.select.reshape(len(draws), len(chosen), tasks)
        others = np.setdiff1d(np.arange(len(members)), chosen)
        for gains in found if len(others) else ():
            gains[others] = PartnerRegression.fit(members[chosen], gains[chosen]).gains(members[others])
        return found


def _selection(members: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Which groups are simulated: all, or pairs, the largest and others at random, at most :data:`MOST` of them."""
    if len(members) <= MOST:
        return np.arange(len(members))
    size = members.sum(axis=1)
    first = np.flatnonzero((size == 2) | (size == size.max()))[: MOST // 2]
    others = seeded("simulated groups", len(members)).permutation(np.setdiff1d(np.arange(len(members)), first))
    return np.sort(np.concatenate([first, others[: MOST - len(first)]]))
