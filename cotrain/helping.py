"""Which tasks outside a group are likely to help it, as far as predictions tell."""

from collections.abc import Sequence

import numpy as np

from affinity.predictor import GainPredictor
from grouping.constraints import Constraints, meeting
from grouping.partition import Group
from grouping.universe import rows_of


def likely_helpers(gains: GainPredictor, group: Group, *, apart: Sequence[Sequence[str]] = ()) -> list[str]:
    """Tasks that may share an adapter with the group, by falling predicted sum of the group's gains with their help.

    Args:
        gains: After the search.
        group: Two tasks or more.
        apart: Lists of tasks of which no two may share an adapter. Other rules say who is served with whom, and a
            helper is not served.
    """
    tasks = tuple(gains.tasks)
    others = [name for name in tasks if name not in group]
    helped = {tuple(sorted((*group, name))): name for name in others}
    kept = list(meeting(Constraints.of(apart=apart), list(helped), tasks))
    if not kept:
        return []
    columns = [tasks.index(name) for name in group]
    sums = gains.predict(rows_of(kept, tasks)).mean[:, columns].sum(axis=1)
    return [helped[kept[place]] for place in np.argsort(-sums, kind="stable").tolist()]
