r"""Draws of a whole world of group totals after measured groups: a Gaussian process seen from its weights.

The model is that of :mod:`affinity.predictors.group_process` without a guess. Its effects are linear in features, so
its posterior is one over weights: those of a target are a few dozen, and what all targets have in common couples them.
A draw costs the same however many groups were measured, and a drawn world is a short vector, not a table of all
groups. What sets it apart: the luck of a run is taken as luck of each member for itself while learning.

Source: draws by perturbing the observations and solving, Papandreou and Yuille, NeurIPS 2010,
https://proceedings.neurips.cc/paper/2010/hash/d09bf41544a3365a46c9077ebb5e35c3-Abstract.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.predictors.group_cells import COMMON, EFFECTS, Cells
from affinity.predictors.group_totals import columns_of, pairs_of, triples_of
from affinity.predictors.process_fit import NUGGET, Measurements, Sizes

Array = NDArray[np.float64]
GUESSES = tuple(EFFECTS.index(effect) for effect in ("guess", "own_guess"))
"""Effects that are left out."""


@dataclass(frozen=True, eq=False)
class DrawnTotals:
    """``D`` drawn worlds.

    Args:
        weights: Of the features of :func:`affinity.predictors.group_totals.total_features`, shape ``(D, F)``.
        misfit: Variance of the luck of each member of an unmeasured group, shape ``(D, T)``.
        run: Standard deviation of each member's part in the luck of its run, which all members share, alike.
    """

    weights: Array
    misfit: Array
    run: Array


def draw_totals(
    seen: Measurements, sizes: Sequence[Sizes], *, draws: int, generator: np.random.Generator
) -> DrawnTotals:
    """``draws`` worlds for each set of sizes, in pairs on either side of the posterior mean.

    Args:
        seen: What was measured; its errors are not read.
        sizes: With a decay of :data:`affinity.predictors.group_cells.ROOT`, as features of totals have.
        draws: Worlds per set of sizes, an even number.
    """
    moments = _Moments.of(seen.cells, seen.values, len(sizes[0].scale))
    found = [_under(moments, of, draws=draws, generator=generator) for of in sizes]
    variances = np.array([of.variances for of in sizes])
    scale = np.array([of.scale for of in sizes])
    misfit = variances[:, [EFFECTS.index("misfit")]] * scale**2
    run = np.sqrt(variances[:, [EFFECTS.index("run")]]) * scale
    return DrawnTotals(np.concatenate(found), np.repeat(misfit, draws, axis=0), np.repeat(run, draws, axis=0))


@dataclass(frozen=True, eq=False)
class _Moments:
    """Products of all columns of a target's cells: its own features, the common ones, the values, 1 and the size.

    Args:
        rows: Columns of each target's cells, shape ``(T, N, p + c + 3)``; rows of zeros fill up.
        products: Shape ``(T, p + c + 3, p + c + 3)``.
        own: Effect of each of the ``p`` own features.
        common: Effect of each of the ``c`` common ones.
    """

    rows: Array
    products: Array
    own: NDArray[np.intp]
    common: NDArray[np.intp]

    @classmethod
    def of(cls, cells: Cells, values: Array, count: int) -> "_Moments":
        kept = ~np.isin(cells.kinds, GUESSES)
        width = cells.common.shape[1]
        columns = np.column_stack(
            [cells.own[:, kept[width:]], cells.common[:, kept[:width]], values, np.ones_like(values), cells.size]
        )
        most = int(np.bincount(cells.target, minlength=count).max(initial=0))
        rows = np.zeros((count, most, columns.shape[1]))
        for target in range(count):
            mine = columns[cells.target == target]
            rows[target, : len(mine)] = mine
        kinds = cells.kinds[kept]
        common = int(kept[:width].sum())
        return cls(rows, rows.transpose(0, 2, 1) @ rows, kinds[common:], kinds[:common])


def _under(moments: _Moments, sizes: Sizes, *, draws: int, generator: np.random.Generator) -> Array:
    """Weights of totals under one set of sizes, shape ``(draws, F)``."""
    count, half = len(sizes.scale), draws // 2
    p, c = len(moments.own), len(moments.common)
    own, common = sizes.variances[moments.own], sizes.variances[moments.common]
    luck = float(sum(sizes.variances[EFFECTS.index(effect)] for effect in ("run", "misfit"))) + NUGGET
    products = moments.products / luck
    left = products[:, :, p + c] / sizes.scale[:, None] - products[:, :, p + c + 1 :] @ sizes.mean  # shape: (T, p+c+3)
    noise = generator.standard_normal((count, moments.rows.shape[1], half)) / np.sqrt(luck)
    shaken = moments.rows.transpose(0, 2, 1) @ noise  # shape: (T, p + c + 3, half)
    mine = shaken[:, :p] + generator.standard_normal((count, p, half)) / np.sqrt(own)[:, None]
    shared = shaken[:, p : p + c].sum(axis=0) + generator.standard_normal((c, half)) / np.sqrt(common)[:, None]

    between = products[:, :p, p : p + c]
    precision = products[:, :p, :p].copy()
    precision[:, np.arange(p), np.arange(p)] += 1 / own
    solved = np.linalg.solve(precision, np.concatenate([between, left[:, :p, None], mine], axis=2))
    turned = between.transpose(0, 2, 1)
    schur = np.diag(1 / common) + (products[:, p : p + c, p : p + c] - turned @ solved[:, :, :c]).sum(axis=0)
    asked = np.concatenate([left[:, p : p + c].sum(axis=0)[:, None], shared], axis=1)
    common_weights = np.linalg.solve(schur, asked - (turned @ solved[:, :, c:]).sum(axis=0))  # shape: (c, 1 + half)
    own_weights = solved[:, :, c:] - solved[:, :, :c] @ common_weights  # shape: (T, p, 1 + half)
    both = [np.concatenate([of[..., :1] + of[..., 1:], of[..., :1] - of[..., 1:]], axis=-1)
            for of in (common_weights, own_weights)]  # fmt: skip
    return _totals(moments, sizes, both[0], both[1])


def _totals(moments: _Moments, sizes: Sizes, common: Array, own: Array) -> Array:
    """From effects on cells, in scales of a target, to weights of totals, shape ``(D, F)``."""
    count = len(sizes.scale)
    scaled = own * sizes.scale[:, None, None]
    kind = {effect: np.flatnonzero(moments.common == EFFECTS.index(effect)) for effect in COMMON}
    at = {
        effect: np.flatnonzero(moments.own == EFFECTS.index(effect)) for effect in ("level", "slope", "partner", "pair")
    }
    columns = columns_of(count)
    found = np.zeros((own.shape[2], columns["whole"].stop))
    found[:, columns["level"]] = scaled[:, at["level"][0]].T + sizes.mean[0] * sizes.scale
    trend = common[kind["trend"][0]][:, None]
    found[:, columns["slope"]] = scaled[:, at["slope"][0]].T + (sizes.mean[1] + trend) * sizes.scale
    beside = scaled[:, at["partner"]] + sizes.scale[:, None, None] * common[kind["source"]]  # shape: (T, T, D)
    first, second = pairs_of(count)
    both_ways = (sizes.scale[first] + sizes.scale[second])[:, None] * common[kind["mutual"]]
    found[:, columns["pair"]] = (beside[first, second] + beside[second, first] + both_ways).T
    triples = triples_of(count)
    if triples.shape[1]:
        place = np.zeros((count, count), dtype=np.intp)
        place[first, second] = place[second, first] = np.arange(len(first))
        two = scaled[:, at["pair"]]
        one, other, last = triples
        found[:, columns["triple"]] = sum(
            two[a, place[b, c]].T for a, b, c in ((one, other, last), (other, one, last), (last, one, other))
        )
    found[:, columns["whole"]] = common[kind["every"][0]][:, None] * sizes.scale.sum()
    return found
