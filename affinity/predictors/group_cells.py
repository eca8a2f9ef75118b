r"""Members of groups as cells of a Gaussian process, and the effects that make two cells alike.

A *cell* is one member of one group: target :math:`t` in group :math:`S`, with :math:`k = |S| - 1` partners
:math:`P = S \setminus t` and :math:`z = \log(|S| / 2)`. In units of the target's own scale its gain is a mean
:math:`m_0 + m_1 z` and a sum of independent effects, each a product of a Gaussian weight and a feature of the cell:

======== ============================== =========================== ==============================================
effect   shared by                      feature                     what it stands for
======== ============================== =========================== ==============================================
trend    all cells                      :math:`z`                   large groups are worse, or better
every    all cells                      1 where S holds every task  the group of all tasks as an outlier
source   cells with a common partner    :math:`1 / \sqrt k`         a partner is good or bad for everybody
mutual   cells of two tasks together    :math:`1 / \sqrt k`         two tasks suit each other, either way
level    cells of one target            1                           a target gains, or loses, by any company
slope    cells of one target            :math:`z`                   a target minds large groups more than others
partner  cells of one target            :math:`1 / \sqrt k`         a partner is good or bad for this target
pair     cells of one target            :math:`\binom k2^{-1/2}`    what two partners do together
guess    all cells; cells of a target   an estimator's guess        what the guess is worth
run      cells of one group             1                           the luck of one training run
misfit   one cell                       1                           everything else
======== ============================== =========================== ==============================================

The luck of a run and the misfit are real: they belong to the group that was trained, and are known once it was.

Tables differ in whether effects of single partners add up (:math:`k^0`), are averaged (:math:`1 / k`) or lie between:
:meth:`Cells.decayed` puts :math:`\kappa^{d - 1/2} k^{-d}` in the place of :math:`k^{-1/2}`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.intp]

COMMON = ("trend", "every", "source", "mutual", "guess")
"""Effects that all targets have in common, in the order of their features."""
OWN = ("level", "slope", "partner", "own_guess", "pair")
"""Effects of one target, alike."""
LUCK = ("run", "misfit")
"""What no feature tells."""
EFFECTS = (*COMMON, *OWN, *LUCK)
"""All effects, in the order of their variances."""
SHARED_OUT = ("source", "mutual", "partner")
"""Effects of single partners, of which a target has the less from each the more there are."""
ROOT = 0.5
"""Power of the number of partners by which their effects are divided in :func:`cells_of`."""
FEW_PARTNERS = 1.4
r"""The number of partners :math:`\kappa` beside whom the power makes no difference: between one and two."""
MOST_PAIRS = 12
"""Tasks beyond which two partners together have no effect of their own: it is small, and there are too many."""


@dataclass(frozen=True, eq=False)
class Cells:
    """``N`` members of groups.

    Args:
        group: Which row of the groups, shape ``(N,)``.
        target: Which task, shape ``(N,)``.
        size: ``log(|S| / 2)``, shape ``(N,)``.
        common: Features of the effects in :data:`COMMON`, shape ``(N, c)``.
        own: Features of the effects in :data:`OWN`, shape ``(N, p)``.
        kinds: Which effect each of the ``c + p`` features belongs to, as its index in :data:`EFFECTS`.
    """

    group: Places
    target: Places
    size: Array
    common: Array
    own: Array
    kinds: Places

    @property
    def same_target(self) -> NDArray[np.bool_]:
        """Shape ``(N, N)``."""
        same: NDArray[np.bool_] = self.target[:, None] == self.target
        return same

    @property
    def same_group(self) -> NDArray[np.bool_]:
        """Shape ``(N, N)``."""
        same: NDArray[np.bool_] = self.group[:, None] == self.group
        return same

    @property
    def crowd(self) -> Array:
        """Logarithm of the number of partners over :data:`FEW_PARTNERS`, shape ``(N,)``."""
        return np.asarray(np.log((2 * np.exp(self.size) - 1) / FEW_PARTNERS), dtype=np.float64)

    def decayed(self, decay: float) -> "Cells":
        """The same with the effects in :data:`SHARED_OUT` divided by another power of the number of partners."""
        found = replace(self, common=self.common.copy(), own=self.own.copy())
        for features, columns in zip((found.common, found.own), self.shared_out, strict=True):
            features[:, columns] *= self.thinner(decay)[:, None]
        return found

    def thinner(self, decay: float) -> Array:
        """What that power does to an effect of a single partner, a factor for every cell, shape ``(N,)``."""
        return np.asarray(np.exp((ROOT - decay) * self.crowd), dtype=np.float64)

    @property
    def shared_out(self) -> tuple[slice, slice]:
        """Columns of single partners among the common features, and among a target's own."""
        columns = np.flatnonzero(np.isin(self.kinds, [EFFECTS.index(effect) for effect in SHARED_OUT]))
        width = self.common.shape[1]
        common, own = columns[columns < width], columns[columns >= width] - width
        return slice(int(common[0]), int(common[-1]) + 1), slice(int(own[0]), int(own[-1]) + 1)

    def features(self, effect: str) -> Array:
        """Columns of one effect with weights, shape ``(N, ...)``."""
        columns = np.flatnonzero(self.kinds == EFFECTS.index(effect))
        width = self.common.shape[1]
        return self.common[:, columns] if effect in COMMON else self.own[:, columns - width]


def cells_of(members: NDArray[np.bool_], guess: Array) -> Cells:
    """The cells of groups given as rows of membership, row by row.

    Args:
        members: Shape ``(G, T)``; each row with two members or more.
        guess: An estimator's guess of every member's gain, of no unit, shape ``(G, T)``; 0 guesses nothing.
    """
    count = members.shape[1]
    group, target = np.nonzero(members)
    number = members.sum(axis=1)[group].astype(np.float64)  # of members, shape: (N,)
    partners = members[group].astype(np.float64)
    partners[np.arange(len(group)), target] = 0.0
    size, guessed = np.log(number / 2), guess[group, target]
    source = partners / np.sqrt(number - 1)[:, None]
    common = np.column_stack([size, number == count, source, _mutual(source, target), guessed])
    own = np.column_stack([np.ones_like(size), size, source, guessed, _pairs(partners, number)])
    return Cells(group, target, size, common, own, _kinds(count))


def kernels(cells: Cells) -> Array:
    """What each effect of variance 1 makes two cells share, shape ``(E, N, N)`` in the order of :data:`EFFECTS`."""
    same_target = cells.same_target
    found = np.empty((len(EFFECTS), len(cells.group), len(cells.group)))
    for index, effect in enumerate(EFFECTS):
        if effect == "run":
            found[index] = cells.same_group
        elif effect == "misfit":
            found[index] = np.eye(len(cells.group))
        else:
            features = cells.features(effect)
            found[index] = features @ features.T
            if effect in OWN:
                found[index] *= same_target
    return found


def _mutual(source: Array, target: Places) -> Array:
    """The target and each of its partners, in either order, shape ``(N, T (T - 1) / 2)``."""
    count = source.shape[1]
    first, second = _two(count)
    place = np.zeros((count, count), dtype=np.intp)
    place[first, second] = place[second, first] = np.arange(len(first))
    found = np.zeros((len(source), len(first)))
    cell, partner = np.nonzero(source)
    found[cell, place[target[cell], partner]] = source[cell, partner]
    return found


def _pairs(partners: Array, number: Array) -> Array:
    """Both of two partners, over the root of the number of such pairs, shape ``(N, T (T - 1) / 2)``."""
    if partners.shape[1] > MOST_PAIRS:
        return np.zeros((len(partners), 0))
    left, right = _two(partners.shape[1])
    both: Array = partners[:, left] * partners[:, right]
    return both / np.sqrt(np.maximum((number - 1) * (number - 2) / 2, 1))[:, None]


def _kinds(count: int) -> Places:
    pairs = count * (count - 1) // 2
    widths = {"source": count, "mutual": pairs, "partner": count, "pair": pairs if count <= MOST_PAIRS else 0}
    return np.array([i for i, e in enumerate((*COMMON, *OWN)) for _ in range(widths.get(e, 1))], dtype=np.intp)


def _two(count: int) -> tuple[Sequence[int], Sequence[int]]:
    both = list(combinations(range(count), 2))
    return [a for a, _ in both], [b for _, b in both]
