"""An estimator's guess, freed of its scale: one unit is what it tells the groups of a target apart by."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from affinity.prior import GainPrior
from affinity.regressed_prior import FEW
from trainers.mixing import seeded

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StandardGuess:
    """A prior's guesses with mean 0 and spread 1 for every target, over all pairs, all triples and the group of all; of
    more than 16 tasks, over random pairs and triples, as many for each task.

    A target that the prior tells nothing about, because its guess is constant, has guess 0.

    Args:
        prior: What is asked; None guesses 0.
        columns: Where the tasks stand among the prior's, shape ``(T,)``.
        centre: Mean of a target's guesses, shape ``(T,)``.
        scale: Their standard deviation, infinite where it is 0, shape ``(T,)``.
    """

    prior: GainPrior | None
    columns: NDArray[np.intp]
    centre: Array
    scale: Array

    @classmethod
    def of(cls, prior: GainPrior | None, tasks: Sequence[str]) -> "StandardGuess":
        """Asks for pairs, triples and the group of all.

        Raises:
            ValueError: If the prior is about other tasks, or a guess is not finite.
        """
        count = len(tasks)
        if prior is None:
            return cls(None, np.arange(count), np.zeros(count), np.full(count, np.inf))
        if sorted(prior.tasks) != sorted(tasks):
            raise ValueError(f"Expected a prior about {list(tasks)}, but got one about {list(prior.tasks)}.")
        columns = np.array([prior.tasks.index(name) for name in tasks], dtype=np.intp)
        raw = _ask(prior, columns, np.concatenate([_small_groups(count), np.ones((1, count), dtype=np.bool_)]))
        centre, spread = np.nanmean(raw, axis=0), np.nanstd(raw, axis=0)
        told = spread > 1e-9 * np.maximum(np.abs(centre), np.finfo(np.float64).tiny)
        return cls(prior, columns, centre, np.where(told, spread, np.inf))

    @property
    def unit(self) -> Array | None:
        """Spread of every target's gains as far as the guess can tell, shape ``(T,)``; None if it has another unit.

        Half way, in logarithms, from a target's own to that of all targets: a quiet guess is as often wrong as right.
        """
        told = np.isfinite(self.scale)
        if not told.any() or not getattr(self.prior, "in_gains", False):
            return None
        common = float(np.exp(np.log(self.scale[told]).mean()))
        found: Array = np.sqrt(np.where(told, self.scale, common) * common)
        return found

    def __call__(self, members: NDArray[np.bool_]) -> Array:
        """Standardised guesses, shape ``(G, T)``; 0 for singles and for tasks that are no members."""
        found = np.zeros(members.shape)
        shared = members & (members.sum(axis=1) > 1)[:, None]
        if self.prior is not None and shared.any():
            raw = _ask(self.prior, self.columns, members)
            found[shared] = ((raw - self.centre) / self.scale)[shared]
        return found


def _small_groups(count: int) -> NDArray[np.bool_]:
    """Pairs and triples of so many tasks, shape ``(G, T)``; of many tasks each is in as many as of :data:`FEW`."""
    if count <= FEW:
        groups = [*combinations(range(count), 2), *combinations(range(count), 3)]
        return np.array([[t in group for t in range(count)] for group in groups], dtype=np.bool_).reshape(-1, count)
    generator = seeded("standard guess", count)
    each, blocks = (FEW - 1) * FEW // 2, []
    for size, number in ((2, FEW - 1), (3, each)):
        for _ in range(number):  # every task once, but for those that are left over
            order = generator.permutation(count)[: count // size * size].reshape(-1, size)
            block = np.zeros((len(order), count), dtype=np.bool_)
            np.put_along_axis(block, order, values=True, axis=1)
            blocks.append(block)
    return np.unique(np.concatenate(blocks), axis=0)


def _ask(prior: GainPrior, columns: NDArray[np.intp], members: NDArray[np.bool_]) -> Array:
    turned = np.zeros_like(members)
    turned[:, columns] = members
    raw = prior.gains(turned)[:, columns]
    if not np.isfinite(raw[members]).all():
        raise ValueError("Expected a finite guess for every member, but the prior gave one that is not.")
    return raw
