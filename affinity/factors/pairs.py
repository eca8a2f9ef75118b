"""Measured pairs as arrays: gains of targets by sources, and the errors that they share and do not share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.gains import Group, MeasuredGroup
from affinity.matrix import AffinityMatrix

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Gains in pairs, shape ``(T, T)``, sources by targets; NaN on the diagonal and where no gain is known.

    Args:
        tasks: Names of the ``T`` tasks.
        score: The target's gain in the pair; no unit, above 0 the source helps.
        run: Standard error from the pair's own runs, which both members share.
        sample: From the held-out sample. All gains of a target are read on the same examples and may share a part of
            it; here each counts as if it were its own, so differences within a target have too large an error.
        reference: From the target's reference, shared by all gains of the target.
        freedom: Degrees of freedom of the whole error.
    """

    tasks: tuple[str, ...]
    score: Array
    run: Array
    sample: Array
    reference: Array
    freedom: Array

    @classmethod
    def of_measured(
        cls,
        tasks: Sequence[str],
        measured: Mapping[Group, MeasuredGroup],
        *,
        learnable: Mapping[str, bool] | None = None,
    ) -> "Pairs":
        """The pairs of ``tasks`` among the measured groups.

        Args:
            learnable: Tasks with False are sources but no targets: their gains mean nothing. All are targets without.

        Raises:
            ValueError: If a pair has a member that is none of the tasks.
        """
        values = np.full((5, len(tasks), len(tasks)), np.nan)
        places = {name: t for t, name in enumerate(tasks)}
        for group, of in measured.items():
            if len(group) != 2:
                continue
            if not set(of.group) <= set(places):
                raise ValueError(f"Expected members among {list(tasks)}, but got the group {'+'.join(of.group)}.")
            first, second = (places[name] for name in of.group)
            values[:, [second, first], [first, second]] = (of.gain, *parts(of), of.gain_freedom)
        values[:, :, [t for t, name in enumerate(tasks) if not (learnable or {}).get(name, True)]] = np.nan
        return cls(tuple(tasks), *values)

    @classmethod
    def of_matrix(cls, matrix: AffinityMatrix) -> "Pairs":
        """The pairs of a matrix, whose errors are taken as known and as each score's own.

        Raises:
            ValueError: If an error is unknown: then noise cannot be told from what is there.
        """
        off = ~np.eye(len(matrix), dtype=bool)
        if np.isnan(matrix.errors[off]).any():
            raise ValueError(
                f"Expected a standard error for every score, but the matrix of `{matrix.estimator}` lacks some; "
                "measure the pairs."
            )
        score, run = np.where(off, matrix.scores, np.nan), np.where(off, matrix.errors, np.nan)
        none = np.where(off, 0.0, np.nan)
        return cls(matrix.tasks, score, run, none, none, np.where(off, np.inf, np.nan))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a gain, shape ``(T, T)``."""
        return np.isfinite(self.score)

    @property
    def variance(self) -> Array:
        """Squared standard error of every score, shape ``(T, T)``."""
        return self.run**2 + self.sample**2 + self.reference**2

    def subset(self, kept: NDArray[np.int64]) -> "Pairs":
        """Rows and columns of some tasks alone, by index."""
        cut = np.ix_(kept, kept)
        arrays = (self.score, self.run, self.sample, self.reference, self.freedom)
        return Pairs(tuple(self.tasks[t] for t in kept), *(values[cut] for values in arrays))


def parts(of: MeasuredGroup) -> tuple[Array, Array, Array]:
    """Errors of a group's gains from run, sample and reference, each ``(M,)``; all of it from the run if unknown."""
    if of.gain_parts is None:
        none = np.zeros_like(of.gain_error)
        return of.gain_error, none, none
    return of.gain_parts.run, of.gain_parts.sample, of.gain_parts.reference
