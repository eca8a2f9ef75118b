"""Which tasks outside a group are likely to help it, as far as predictions tell."""

from collections.abc import Sequence

import numpy as np

from affinity.predictor import GainPredictor
from grouping.constraints import Constraints
from grouping.masks import all_members, mask_of
from grouping.partition import Group


def likely_helpers(gains: GainPredictor, group: Group, *, apart: Sequence[Sequence[str]] = ()) -> list[str]:
    """Tasks that may share an adapter with the group, by falling predicted sum of the group's gains with their help.

    Args:
        gains: After the search.
        group: Two tasks or more.
        apart: Lists of tasks of which no two may share an adapter. Other rules say who is served with whom, and a
            helper is not served.
    """
    tasks = tuple(gains.tasks)
    rules = Constraints.of(apart=apart).allowed(tasks)
    names = [name for name in tasks if name not in group]
    masks = [mask_of(tuple(sorted((*group, name))), tasks) for name in names]
    kept = [(name, mask) for name, mask in zip(names, masks, strict=True) if rules[mask]]
    if not kept:
        return []
    members = all_members(len(tasks))[[mask for _, mask in kept]]
    columns = [tasks.index(name) for name in group]
    sums = gains.predict(members).mean[:, columns].sum(axis=1)
    return [kept[place][0] for place in np.argsort(-sums, kind="stable").tolist()]
