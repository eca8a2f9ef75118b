"""The value of every possible group, from effects between pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class PairwiseValues:
    r"""Values of all groups of ``T`` tasks, told by ``T x T`` numbers instead of ``2 ** T``.

    A group ``S`` of ``m`` tasks, two or more, is worth

    .. math:: v(S) = c(m) \sum_{s \ne t \in S} A_{s \to t} + \sum_{t \in S} l_t + m\, b(m),

    in the unit of the effects: a sum of gains over the members, if ``A`` holds gains. Above 0 the group is better than
    its members alone; a task alone is worth exactly 0, whatever its level.

    Args:
        effects: Effects ``A`` of a source on a target, shape ``(T, T)``, sources by targets. The diagonal is 0.
        level: What each task gains in any group ``l``, shape ``(T,)``.
        scale: Weight of the effects by size ``c``, 0 or more, shape ``(T,)``; entry ``m - 1`` is for ``m`` tasks.
        trend: What each member gains in a group of that size ``b``, shape ``(T,)``, alike. Entries for one task are
            not read.

    Raises:
        ValueError: If a shape differs, a number is not finite, a weight is negative or the diagonal is not 0.
    """

    effects: NDArray[np.float64]
    level: NDArray[np.float64]
    scale: NDArray[np.float64]
    trend: NDArray[np.float64]

    def __post_init__(self) -> None:
        count = len(self.effects)
        if self.effects.shape != (count, count) or count < 1:
            raise ValueError(f"Expected effects of shape (T, T), but got {self.effects.shape}.")
        for name in ("level", "scale", "trend"):
            if getattr(self, name).shape != (count,):
                raise ValueError(f"Expected `{name}` of shape ({count},), but got {getattr(self, name).shape}.")
        for name in ("effects", "level", "scale", "trend"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"Expected finite `{name}`, but got NaN or infinity.")
        if self.scale.min() < 0:
            raise ValueError(f"Expected `scale` of 0 or more, but got {self.scale.min()}.")
        if np.diagonal(self.effects).any():
            raise ValueError("Expected effects with a diagonal of 0, but a task has an effect on itself.")

    @classmethod
    def shrinking(
        cls,
        effects: NDArray[np.float64],
        *,
        power: float,
        level: NDArray[np.float64] | None = None,
        trend: NDArray[np.float64] | None = None,
    ) -> PairwiseValues:
        """Effects that shrink with the number of partners, ``c(m) = (m - 1) ** -power``.

        Args:
            power: 1 gives each member the mean of its partners' effects, 0 their sum.
            level: 0 by default.
            trend: 0 by default.
        """
        count = len(effects)
        return cls(
            effects=effects,
            level=np.zeros(count) if level is None else level,
            scale=np.maximum(np.arange(count), 1.0) ** -power,
            trend=np.zeros(count) if trend is None else trend,
        )

    @property
    def tasks(self) -> int:
        """Number of tasks ``T``."""
        return len(self.effects)

    def of(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values of groups, shape ``(G,)``, given by their members, shape ``(G, T)``; the empty group's is 0.

        Raises:
            ValueError: If the members are of another number of tasks.
        """
        if members.ndim != 2 or members.shape[1] != self.tasks:
            raise ValueError(f"Expected members of shape (G, {self.tasks}), but got {members.shape}.")
        held = members.astype(np.float64)
        sizes = members.sum(axis=1)
        last = np.maximum(sizes, 1) - 1
        pairs = ((held @ self.effects) * held).sum(axis=1)
        return np.where(sizes > 1, self.scale[last] * pairs + held @ self.level + sizes * self.trend[last], 0.0)

    def ordered(self, order: NDArray[np.intp]) -> PairwiseValues:
        """The same values with tasks in another order."""
        return PairwiseValues(
            effects=self.effects[np.ix_(order, order)], level=self.level[order], scale=self.scale, trend=self.trend
        )
