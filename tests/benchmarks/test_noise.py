"""Noise of gains, from losses whose parts are known."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from benchmarks.noise import noise, pairs_of, tabulated
from benchmarks.truth_table import TruthTable

TASKS = ("a", "b", "c", "d", "e", "f")


def rows(*, run: float, reference: float, common: float, signal: float, seeds: int, variant: str = "") -> pd.DataFrame:
    """Losses of pairs and references, with errors of these standard deviations; ``common`` is shared by a seed."""
    generator = np.random.default_rng(0)
    shared = {(seed, task): common * generator.standard_normal() for seed in range(seeds) for task in TASKS}
    gains = {(pair, task): signal * generator.standard_normal() for pair in combinations(TASKS, 2) for task in pair}
    at = {"set": "first", "passes": 4, "seconds": 1.0, "variant": variant}
    found = [
        at
        | {"group": task, "task": task, "seed": seed, "reference": True}
        | {"loss": 0.5 + shared[seed, task] + reference * generator.standard_normal()}
        for seed in range(seeds)
        for task in TASKS
    ]
    found += [
        at
        | {"group": "+".join(pair), "task": task, "seed": seed, "reference": False}
        | {"loss": 0.5 - gains[pair, task] + shared[seed, task] + run * generator.standard_normal()}
        for seed in range(seeds)
        for pair in combinations(TASKS, 2)
        for task in pair
    ]
    return pd.DataFrame(found)


def test_the_parts_are_found_again() -> None:
    table = rows(run=0.02, reference=0.03, common=0.0, signal=0.1, seeds=40)
    found = noise(TruthTable.of(table), shared=40)
    assert found["run"] == pytest.approx(0.02, rel=0.1)
    assert found["reference"] == pytest.approx(0.03, rel=0.2)
    assert found["gain"] == pytest.approx(np.hypot(found["run"], found["reference"]))
    assert found["paired"] == pytest.approx(found["gain"], rel=0.2)  # nothing is shared
    assert found["signal"] == pytest.approx(0.1, rel=0.3)
    assert found["seeds"] == pytest.approx(7 / 3 * found["gain"] ** 2 / found["signal"] ** 2)
    assert found["order"] == pytest.approx(7 / 3 * found["run"] ** 2 / found["signal"] ** 2)
    assert found["degrees"] == 30 * 39


def test_what_a_seed_shares_goes_with_its_reference() -> None:
    found = noise(TruthTable.of(rows(run=0.01, reference=0.01, common=0.05, signal=0.1, seeds=20)), shared=20)
    assert found["paired"] < 0.4 * found["gain"]


def test_without_signal_no_number_of_seeds_is_enough() -> None:
    found = noise(TruthTable.of(rows(run=0.1, reference=0.1, common=0.0, signal=0.0, seeds=4)), shared=4)
    assert found.get("seeds", np.inf) > 20


def test_larger_groups_and_other_settings_are_left_out() -> None:
    table = rows(run=0.01, reference=0.01, common=0.0, signal=0.1, seeds=4)
    more = table[~table["reference"]].assign(group="a+b+c")
    assert len(pairs_of(pd.concat([table, more]))) == len(table)
    other = rows(run=0.05, reference=0.01, common=0.0, signal=0.1, seeds=2, variant="last weights")
    found = tabulated(pd.concat([table, table.assign(passes=1), table.assign(set="second")]), other)
    assert list(found) == ["as it is", "last weights"]
    assert found["last weights"]["run"] > 3 * found["as it is"]["run"]
    assert list(tabulated(table, None)) == ["as it is"]
