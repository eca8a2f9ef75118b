"""Many worlds at once against the solver of one."""

import numpy as np
import pytest

from grouping.labels import masks_of
from grouping.solvers import SubsetDP
from grouping.solvers.unlimited import best_labels
from tests.grouping.worlds import names


@pytest.mark.parametrize("count", [2, 3, 6])
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_agrees_with_the_subset_solver(count: int, groups: int) -> None:
    generator = np.random.default_rng([count, groups])
    values = generator.normal(size=(12, 1 << count))
    values[generator.random(values.shape) < 0.3] = -np.inf
    labels = best_labels(values, max_groups=groups)
    for world, found in zip(values, labels, strict=True):
        best = SubsetDP().solve(world, tasks=names(count), max_groups=groups).values.max()
        if best == -np.inf:
            assert (found == -1).all()
            continue
        masks = masks_of(found[None])[0]
        assert (masks > 0).sum() <= groups
        assert world[masks[masks > 0]].sum() == pytest.approx(best)
