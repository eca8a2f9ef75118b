"""The grouping that costs least, whatever its gains: whether a limit on costs can be met at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.rows import Rows
    from grouping.solvers.selection import Mode

SCALE = 1e3
"""What the dearest group counts: HiGHS stops a millionth from the optimum, which is then less than rounding."""


def cheapest(
    each: NDArray[np.float64],
    serves: NDArray[np.bool_],
    rows: Rows,
    *,
    adapters: int,
    mode: Mode,
) -> tuple[int, ...] | None:
    """Rows of a grouping of at most ``adapters`` groups of least cost; None if no grouping serves every task.

    Args:
        each: What every row costs, shape ``(R,)``; infinite forbids it.
        serves: Which tasks a row may serve, shape ``(R, T)``; a partition takes rows that serve all of their members.
        rows: The groups to choose from.
    """
    number = len(each)
    serves = serves & rows.members
    open_ = np.isfinite(each) & serves.any(axis=1)
    if mode == "partition":
        open_ &= (serves == rows.members).all(axis=1)
    if not serves[open_].any(axis=0).all():
        return None
    dearest = max(float(each[open_].max()), np.finfo(np.float64).tiny)
    found = milp(
        np.where(open_, each, 0.0) / dearest * SCALE,
        constraints=[
            LinearConstraint(csr_array(serves.T.astype(float)), 1.0, 1.0 if mode == "partition" else np.inf),
            LinearConstraint(np.ones((1, number)), 0, adapters),
        ],
        integrality=np.ones(number, dtype=np.int64),
        bounds=Bounds(0.0, open_.astype(np.float64)),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    return tuple(np.flatnonzero(found.x > 0.5).tolist())
