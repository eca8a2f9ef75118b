"""Tasks that run away with an aggregator's steps: one is all there is, or one is not there."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from trainers.result import GroupResult

MOST = 0.95
"""Mean share of the steps above which a task trains alone in all but name: the others together have a twentieth."""
LEAST = 0.01
"""Mean share below which a task only costs: of a hundred steps of the adapter it has one."""
OF_EQUAL = 0.1
"""In groups of more than ten, where equal shares come near :data:`LEAST`, the least is this part of an equal share."""


def runaways(groups: Mapping[tuple[str, ...], Sequence[GroupResult]]) -> list[str]:
    """One line for every group in which a task's share ran away over some part of a run's curve; the worst is named."""
    found = []
    for group, runs in sorted(groups.items()):
        seen = [(_distance(share, len(group)), share, name, run.seed, part) for share, name, run, part in _shares(runs)]
        beyond = [one for one in seen if one[0] > 0]
        if beyond:
            _, share, name, seed, part = max(beyond)
            what = "nearly all" if share > MOST else "next to none"
            found.append(
                f"group {'+'.join(group)}: the aggregator gave task {name} {what} of the adapter's steps, a share of "
                f"{share:.3f} up to point {part + 1} of the curve (seed {seed}); another `training.aggregator`, or "
                "`none`, would change that"
            )
    return found


def _shares(runs: Iterable[GroupResult]) -> Iterable[tuple[float, str, GroupResult, int]]:
    for run in runs:
        for name, member in run.members.items():
            for part, share in enumerate(member.share_curve.tolist()):
                yield share, name, run, part


def _distance(share: float, members: int) -> float:
    """How far outside of the bounds a share is, in powers of ten of what is left; 0 or less within."""
    least = min(LEAST, OF_EQUAL / members)
    tiny = np.finfo(float).tiny
    return float(np.log10(max((1 - MOST) / max(1 - share, tiny), least / max(share, tiny))))
