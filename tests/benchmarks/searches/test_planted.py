"""Planted tables hold what they are called after, and nothing depends on anything but the seed."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.searches.planted import planted, random_pool
from benchmarks.searches.structures import STRUCTURES, blocks, chains, hubs, low_rank, noise, size_penalties
from benchmarks.searches.table import SearchTable
from grouping.masks import all_members

Array = NDArray[np.float64]


def groups(tasks: int) -> NDArray[np.bool_]:
    members = all_members(tasks)
    found: NDArray[np.bool_] = members[members.sum(axis=1) > 1]
    return found


def pair_gains(found: Array, members: NDArray[np.bool_]) -> Array:
    """``[s, t]`` is the gain of ``t`` beside ``s``; NaN on the diagonal."""
    gains = np.full((members.shape[1],) * 2, np.nan)
    for row in np.flatnonzero(members.sum(axis=1) == 2):
        first, second = np.flatnonzero(members[row])
        gains[second, first], gains[first, second] = found[row, first], found[row, second]
    return gains


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(("tasks", "pool"), [(6, None), (15, 60)])
def test_the_seed_decides(structure: str, tasks: int, pool: int | None) -> None:
    first, again, other = (planted(structure, tasks=tasks, seed=seed, pool=pool) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.told, again.told)
    np.testing.assert_array_equal(first.rows.members, again.rows.members)
    assert not np.array_equal(first.told, other.told)
    assert first.size == (57 if pool is None else pool)
    assert first.complete == (pool is None)


def test_partners_of_one_block_help_and_others_hurt() -> None:
    members = groups(6)
    gains = pair_gains(blocks(members, np.random.default_rng(0)), members)
    assert set(np.unique(gains[~np.isnan(gains)])) == {1.0, -0.8}
    np.testing.assert_array_equal(gains, gains.T)
    assert (np.nansum(gains > 0, axis=0) == 2).all()  # two blocks of three


def test_a_hub_helps_everybody_and_gets_nothing() -> None:
    members = groups(6)
    gains = pair_gains(hubs(members, np.random.default_rng(0)), members)
    helpers = [source for source in range(6) if np.nanmin(gains[source]) > 0]
    assert len(helpers) == 1
    assert np.nanmax(gains[:, helpers[0]]) < 0
    others = np.delete(np.delete(gains, helpers[0], 0), helpers[0], 1)
    assert np.nanmax(others) < 0


def test_a_chain_has_a_direction() -> None:
    members = groups(6)
    gains = pair_gains(chains(members, np.random.default_rng(0)), members)
    helped = np.argwhere(gains == 2.0)
    assert len(helped) == 5
    assert all(gains[target, source] == -0.5 for source, target in helped)


def test_every_further_partner_costs() -> None:
    members = groups(8)
    found = np.where(members, size_penalties(members, np.random.default_rng(0)), np.nan)
    by_size = [np.nanmean(found[members.sum(axis=1) == size]) for size in range(2, 9)]
    assert all(first > second for first, second in pairwise(by_size))


def test_all_together_is_an_outlier_of_a_low_rank() -> None:
    members = groups(6)
    found = low_rank(members, np.random.default_rng(0))
    gains = np.nan_to_num(pair_gains(found, members))
    expected = gains.sum(axis=0) / 5  # the mean effect of all partners
    whole = int(np.flatnonzero(members.all(axis=1))[0])
    np.testing.assert_allclose(np.abs(found[whole] - expected), 1.5)
    three = int(np.flatnonzero(members.sum(axis=1) == 3)[0])
    first, second, third = np.flatnonzero(members[three])
    np.testing.assert_allclose(found[three, first], (gains[second, first] + gains[third, first]) / 2)


def test_noise_is_shared_by_members_and_has_no_structure() -> None:
    members = groups(10)
    assert np.ptp(noise(members, np.random.default_rng(0))) == 0.0
    table = planted("noise", tasks=10, seed=0)
    told = np.where(table.rows.members, table.told, np.nan)[: table.size]
    standard = (told - np.nanmean(told, axis=0)) / np.nanstd(told, axis=0)
    both = table.rows.members[: table.size, :2].all(axis=1)
    correlation = np.corrcoef(standard[both, 0], standard[both, 1])[0, 1]
    assert correlation == pytest.approx(0.25**2 / (0.25**2 + 0.4**2), abs=0.15)  # 256 groups


def test_a_pool_holds_different_groups_and_all_tasks() -> None:
    members = random_pool(27, size=300, generator=np.random.default_rng(0))
    assert len(np.unique(members, axis=0)) == len(members) == 300
    assert members.all(axis=1).sum() == 1
    assert members.sum(axis=1).min() >= 2


def test_another_order_changes_names_and_nothing_else() -> None:
    table = planted("chains", tasks=6, seed=0)
    moved = table.permuted(5)
    assert not np.array_equal(moved.told, table.told)
    for of in (table, moved):
        np.testing.assert_array_equal(np.sort(of.told[of.rows.members]), np.sort(table.told[table.rows.members]))
    totals, after = (np.where(of.rows.members, of.told, 0.0).sum(axis=1) for of in (table, moved))
    np.testing.assert_allclose(np.sort(after), np.sort(totals), atol=1e-12)


def test_a_table_without_all_together_is_refused() -> None:
    members = np.array([[True, True, False]])
    with pytest.raises(ValueError, match="all tasks"):
        SearchTable.of(members, np.zeros((1, 3)), np.zeros((1, 3)))
