"""What values of partitions teach, and worlds."""

import numpy as np
import pytest

from affinity.predictors.group_totals import columns_of
from grouping.constraints import Constraints
from grouping.labels import members_of, renumbered
from grouping.partition import all_partitions
from grouping.sampling.allowed import Allowed
from grouping.sampling.local_moves import improved
from grouping.sampling.neighbours import neighbours
from grouping.sampling.told import shared_masks
from grouping.sampling.value_posterior import ValuePosterior
from grouping.sampling.worlds import Worlds, joined
from grouping.solvers.unlimited import best_labels
from tests.grouping.sampler_studies import mean_gain
from tests.grouping.worlds import names

TASKS = names(6)
EVERY = np.array([of.restricted_growth() for of in all_partitions(TASKS)], dtype=np.intp)
VALUES = np.array([mean_gain(of) for of in all_partitions(TASKS)])
KNOWN = 1e-3
"""Error at a value that was told, in spreads of the values: its own error is a thousandth of one."""


def worlds_after(number: int) -> Worlds:
    order = np.random.default_rng(0).permutation(len(EVERY))[:number]
    return ValuePosterior(6).draw(
        EVERY[order], VALUES[order], shared_masks(EVERY[order]), draws=32, generator=np.random.default_rng(1)
    )


def test_more_values_teach_more_of_those_untold() -> None:
    errors = [float(np.abs(worlds_after(number).values(EVERY).mean(axis=0) - VALUES).mean()) for number in (2, 20, 60)]
    assert errors[2] < errors[1] / 2 < errors[0] / 4


def test_what_was_told_is_known_in_every_world() -> None:
    order = np.random.default_rng(0).permutation(len(EVERY))[:20]
    off = worlds_after(20).values(EVERY[order]) - VALUES[order]
    assert np.abs(off).max() < 10 * KNOWN * VALUES.std()


def test_nothing_told_gives_the_prior() -> None:
    none = np.zeros(0, dtype=np.int64)
    worlds = ValuePosterior(6).draw(EVERY[:0], VALUES[:0], none, draws=4, generator=np.random.default_rng(0))
    assert np.isfinite(worlds.values(EVERY)).all()


def test_groups_that_no_value_is_about_change_nothing_else() -> None:
    labels, values = EVERY[50:60], VALUES[50:60]
    mine, more = shared_masks(labels), shared_masks(EVERY[40:70])
    assert len(more) > len(mine)
    few, many = (
        ValuePosterior(6).draw(labels, values, seen, draws=2000, generator=np.random.default_rng(0))
        for seen in (mine, more)
    )
    np.testing.assert_allclose(few.values(labels).mean(axis=0), many.values(labels).mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(few.weights.mean(axis=0), many.weights.mean(axis=0), atol=1e-9)


def test_totals_agree_whichever_way_they_are_read() -> None:
    worlds = worlds_after(10)
    masks = np.arange(64, dtype=np.int64)
    np.testing.assert_allclose(worlds.every_total(), worlds.totals(masks))
    both = joined([worlds.mean, worlds.only(np.array([3], dtype=np.intp))])
    np.testing.assert_allclose(both.values(EVERY)[0], worlds.values(EVERY).mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(both.values(EVERY)[1], worlds.values(EVERY)[3])


def test_luck_is_that_of_new_groups() -> None:
    worlds = worlds_after(1)
    seen = EVERY[np.random.default_rng(0).permutation(len(EVERY))[0]].tolist()
    known, single, new = worlds.luck(np.array([seen, [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0]]))
    assert (known, single) == (0.0, 0.0)
    assert new > 0


@pytest.mark.parametrize("rules", [Constraints(), Constraints.of(together=["ab"], apart=["ac"], max_tasks=3)])
@pytest.mark.parametrize("adapters", [None, 3])
def test_local_moves_come_close_to_the_best(rules: Constraints, adapters: int | None) -> None:
    worlds, allowed = worlds_after(12), Allowed(TASKS, rules, adapters)
    weights = worlds.weights.copy()
    for kind in ("triple", "whole"):  # which local moves do not look at
        weights[:, columns_of(6)[kind]] = 0.0
    bare = Worlds(6, weights, worlds.base, worlds.misfit, worlds.run, worlds.seen, 0 * worlds.extra)
    starts = np.array([allowed.random(np.random.default_rng(row)) for row in range(32)], dtype=np.intp)
    rows = np.array(improved(bare, starts, allowed), dtype=np.intp)
    assert allowed.partitions(rows).all()
    totals = bare.every_total()
    totals[:, ~allowed.groups(np.arange(64, dtype=np.int64))] = -np.inf
    best = bare.values(best_labels(totals, max_groups=allowed.max_adapters)).diagonal()
    found, first = bare.values(rows).diagonal(), bare.values(starts).diagonal()
    assert (found >= first - 1e-9).all()
    assert ((best - found) / (best - first).mean()).mean() < 0.1


def test_neighbours_are_one_change_away() -> None:
    allowed = Allowed(TASKS, Constraints(), None)
    labels = (0, 0, 0, 0, 1, 1)
    rows = {tuple(row) for row in neighbours(labels, allowed).tolist()}
    assert {(0,) * 6, (0, 0, 0, 1, 2, 2), (0, 0, 0, 0, 0, 1), (0, 0, 1, 1, 2, 2), (0, 0, 0, 1, 1, 1)} <= rows
    assert all(renumbered(row) == row for row in rows)


def test_blocks_stay_together() -> None:
    allowed = Allowed(TASKS, Constraints.of(together=["abc"]), None)
    every = list(allowed.every(np.arange(4)))
    assert len(every) == len(set(every)) == 15
    assert all(len({row[0], row[1], row[2]}) == 1 for row in every)
    assert all(members_of(np.array([mask]), 6).sum() in {1, 3} for mask in allowed.blocks)
    assert allowed.outside(every[:-1], np.random.default_rng(0)) == every[-1]
    assert allowed.outside(every, np.random.default_rng(0)) is None
