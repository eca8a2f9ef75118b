r"""Worlds without luck: what every group does to its members, as far as features tell.

A world is a draw of the weights of :mod:`affinity.predictors.group_cells` or their posterior mean. Target :math:`t` in
a group of :math:`m` tasks, with :math:`z = \log(m / 2)`, gains

.. math:: a_t + b_t z + (m - 1)^{-d} \sum_{s \in S \setminus t} W_{st} + e_t\, [S \text{ holds every task}];

a single gains 0. What two partners do together, of a few tasks, and an estimator's guess are left out. How much luck
there is, of a run and of a cell, a world knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from affinity.predictors.group_cells import EFFECTS, FEW_PARTNERS, ROOT
from affinity.predictors.process_posterior import Conditioned, Weights

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Worlds:
    """``D`` worlds of ``T`` tasks, in the unit of the gains.

    Args:
        level: :math:`a`, shape ``(D, T)``.
        slope: :math:`b`, alike.
        partner: :math:`W`, sources by targets, 0 on the diagonal, shape ``(D, T, T)``.
        whole: :math:`e`, shape ``(D, T)``.
        luck: Standard deviation of what luck adds to a target's gain in a new group, shape ``(D, T)``.
        decay: :math:`d`, shape ``(D,)``.
    """

    level: Array
    slope: Array
    partner: Array
    whole: Array
    luck: Array
    decay: Array

    def __len__(self) -> int:
        return len(self.level)

    def at(self, worlds: NDArray[np.intp]) -> "Worlds":
        """Some of the worlds, by index; one may come several times."""
        return Worlds(*(getattr(self, of.name)[worlds] for of in fields(self)))

    def gains(self, number: Array, beside: Array) -> Array:
        """Gains of targets in groups.

        Args:
            number: Members of each group, shape ``(D, ..., 1)``.
            beside: Sums of partners' effects on every target, shape ``(D, ..., T)``.
        """
        middle = (1,) * (beside.ndim - 2)
        level, slope, whole, decay = (
            of.reshape(len(of), *middle, -1) for of in (self.level, self.slope, self.whole, self.decay)
        )
        found = level + slope * np.log(np.maximum(number, 2) / 2) + beside * np.maximum(number - 1.0, 1.0) ** -decay
        found = found + whole * (number == beside.shape[-1])
        single: Array = np.where(number < 2, 0.0, found)
        return single


def worlds_of(posteriors: Sequence[Conditioned], *, draws: int, generator: np.random.Generator) -> Worlds:
    """The posterior mean, as the first world, and ``draws`` of it, as many of each set of sizes.

    Where sets differ in their decay, the mean has that of their mean, and is one nearly.
    """
    shares = np.array_split(np.arange(draws), len(posteriors))
    means = [_world(of, of.expected_weights()) for of in posteriors]
    drawn = [
        _world(of, of.draw_weights(draws=len(share), generator=generator))
        for of, share in zip(posteriors, shares, strict=True)
    ]
    return Worlds(*(
        np.concatenate([np.mean([getattr(of, part) for of in means], axis=0), *(getattr(of, part) for of in drawn)])
        for part in (of.name for of in fields(Worlds))
    ))  # fmt: skip


def _world(posterior: Conditioned, weights: Weights) -> Worlds:
    sizes, kinds = posterior.sizes, posterior.seen.cells.kinds
    width, count = weights.common.shape[1], len(sizes.scale)

    def common(effect: str) -> Array:
        return weights.common[:, kinds[:width] == EFFECTS.index(effect)]

    def own(effect: str) -> Array:
        return weights.own[:, :, kinds[width:] == EFFECTS.index(effect)]

    mutual = np.zeros((len(weights.common), count, count))
    first, second = np.triu_indices(count, 1)
    mutual[:, first, second] = mutual[:, second, first] = common("mutual")
    unit = sizes.scale * FEW_PARTNERS ** (sizes.decay - ROOT)
    partner = (own("partner").transpose(0, 2, 1) + common("source")[:, :, None] + mutual) * unit
    partner[:, np.arange(count), np.arange(count)] = 0.0
    return Worlds(
        level=(own("level")[:, :, 0] + sizes.mean[0]) * sizes.scale,
        slope=(own("slope")[:, :, 0] + sizes.mean[1] + common("trend")) * sizes.scale,
        partner=partner,
        whole=common("every") * sizes.scale,
        luck=np.tile(np.sqrt(sum(posterior.luck)) * sizes.scale, (len(weights.common), 1)),
        decay=np.full(len(weights.common), sizes.decay),
    )
