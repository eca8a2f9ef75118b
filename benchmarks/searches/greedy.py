"""Greedy merging, as in agglomerative clustering: two groups become one where that gains most."""

from itertools import combinations

import numpy as np

from benchmarks.searches.oracle import ChoiceAfter, Oracle


def greedy(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """All together first, so that there is an answer; then, from singles, rounds in which every merge of two groups is
    trained, in random order, and the best one kept.

    Merging goes on while it gains or there are too many groups. The choice is exact among all that was trained, hence
    never worse than the current groups. What a table lacks is passed over.
    """
    problem, table = oracle.problem, oracle.problem.table
    generator = np.random.default_rng([seed, 3])
    oracle.train(table.together)
    masks = table.rows.masks
    current = [table.size + task for task in range(len(table.rows.tasks))]
    while len(current) > 1:
        merges = list(combinations(current, 2))
        best: tuple[float, int, int, int] | None = None
        for place in generator.permutation(len(merges)):
            first, second = merges[place]
            row = table.rows.places.get(int(masks[first] | masks[second]))
            if row is None:
                continue
            if row not in oracle.trained:
                if not oracle.left:
                    return oracle.exact
                oracle.train(row)
            step = _total(oracle, row) - _total(oracle, first) - _total(oracle, second)
            if best is None or step > best[0]:
                best = step, first, second, row
        if best is None or (best[0] <= 0 and len(current) <= problem.adapters):
            break
        current = [row for row in current if row not in best[1:3]] + [best[3]]
    return oracle.exact


def _total(oracle: Oracle, row: int) -> float:
    table = oracle.problem.table
    return float(table.told[row][table.rows.members[row]].sum())
