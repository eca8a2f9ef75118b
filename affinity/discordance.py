r"""What one more example that two runs answer differently would do to a metric: the least that a sample leaves open.

Two models that answer every one of twenty held-out examples alike differ by 0 on them, with no spread at all, and may
still differ on a tenth of all examples. As Agresti and Min do for paired proportions, a comparison is therefore taken
as if it held one more discordant unit: if turning unit ``u`` round (a right answer to a wrong one or the other way)
changes the metric by :math:`d_u` points, the variance :math:`\sum_u d_u^2 / U` is added. For accuracy over ``N`` rows
that is :math:`(100 / N)^2`.

Source: Agresti and Min, Statistics in Medicine 24 (2005), https://doi.org/10.1002/sim.1781, who add one half to each of
the four cells; here for any metric of answers that are right or wrong. Numbers that are predicted (regression) are
never alike, and nothing is added.
"""

import zlib
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import EncodedTask
from tasks.kinds.spans import NONE
from tasks.metrics import decide
from trainers.result import GroupResult, MemberResult

UNITS = 30
"""Units that are turned round, at most; drawn once per task and split."""
_known: WeakKeyDictionary[MemberResult, dict[tuple[str, str], float]] = WeakKeyDictionary()


def one_discordant(run: GroupResult, task: EncodedTask, *, split: str) -> float:
    """Variance, in squared points, of one more unit that two runs answer differently; 0 for regression.

    Args:
        run: Any run with the task's scores: what it answers is turned round, unit by unit.
    """
    if task.kind.name == "regression":
        return 0.0
    member = run.members[task.name]
    known = _known.setdefault(member, {})
    if (task.fingerprint, split) not in known:
        known[task.fingerprint, split] = _variance(member.scores[split], task, split)
    return known[task.fingerprint, split]


def _variance(scores: NDArray[np.float32], task: EncodedTask, split: str) -> float:
    rows = task.splits[split]
    names, codes = np.unique(rows.units, return_inverse=True)
    generator = np.random.default_rng([zlib.crc32(task.name.encode()), zlib.crc32(split.encode()), 1])
    chosen = np.sort(generator.permutation(len(names))[:UNITS])
    other, before = turned(scores, rows.targets, kind=task.kind.name), task.metric(scores, rows.targets)
    squares = []
    for unit in chosen:
        mixed = np.where((codes == unit)[:, None], other, scores)
        squares.append((100.0 * (task.metric(mixed, rows.targets) - before)) ** 2)
    return float(np.mean(squares))


def turned(scores: NDArray[np.float32], targets: NDArray[np.generic], *, kind: str) -> NDArray[np.float32]:
    """Scores of the opposite answers, shape ``(N, outputs)``: wrong ones become right, right ones wrong.

    A reciprocal rank becomes 1 or 0. Of a text that is answered at several places, all wrong places become right, or
    else the first one wrong.
    """
    if kind == "retrieval":
        return np.where(scores < 0.5, 1, 0).astype(scores.dtype)
    if kind in ("tokens", "text"):
        there = targets != NONE
        wrong = ((scores != targets) & there).any(axis=1)
        found = np.where(there, targets, scores).astype(scores.dtype)
        first = there.argmax(axis=1)
        slip = np.where(targets[np.arange(len(targets)), first] == 0, 1, 0)
        found[~wrong, first[~wrong]] = slip[~wrong]
        return found
    right = _right(scores, targets)
    hit = decide(scores, targets) == targets
    hit = hit.all(axis=1) if targets.ndim == 2 else hit
    return np.where(hit[:, None], -right, right).astype(scores.dtype)


def _right(scores: NDArray[np.float32], targets: NDArray[np.generic]) -> NDArray[np.float64]:
    """Scores that decide for the targets: 1 for what is so, -1 for what is not."""
    if targets.ndim == 2:
        return np.where(targets > 0, 1.0, -1.0)  # type: ignore[operator]
    if scores.shape[1] == 1:
        return np.where(targets[:, None] == 1, 1.0, -1.0)
    return np.where(targets[:, None] == np.arange(scores.shape[1]), 1.0, -1.0)
