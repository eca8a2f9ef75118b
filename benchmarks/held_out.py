"""Does the search need constants that were made for its tables? Each published one with constants fitted to others.

    python -m benchmarks.held_out --published DIR --out FILE

For every published table the prior medians of effects, of trends and of the decay (:mod:`affinity.predictors.
process_fit`) are replaced by those that are most likely for the gains of all other published tables and of this
project's own, from a flat start: all variances 0.3, no trend, effects of partners divided by the root of their number.
The search then runs on the table that was left out. Widths of priors, and all else, stay as they are.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from affinity.predictors import process_fit
from affinity.predictors.group_cells import EFFECTS, cells_of
from affinity.predictors.process_fit import Measurements
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.search import RANDOM_SEEDS, SEEDS
from benchmarks.searches.beside_random import efficiencies, overall
from benchmarks.searches.cases import Case, cases
from benchmarks.searches.ours import ours
from benchmarks.searches.sources import Source, published, truth
from benchmarks.searches.table import SearchTable

Array = NDArray[np.float64]

OWN = ("first 4 passes all seeds", "second 4 passes all seeds")
"""This project's tables that constants are fitted to."""
FLAT = 0.3
"""Variance of every effect before anything is known."""
WIDTHS = {"VARIANCES_WIDTH": 1.5, "MEAN_WIDTH": 1.0, "DECAY_WIDTH": 0.5}
"""How far constants may be from the flat start: logarithms of variances, trends and the decay."""


@dataclass(frozen=True)
class Constants:
    """What priors are centred on."""

    variances: dict[str, float]
    mean: tuple[float, float]
    decay: float


def start() -> Constants:
    """Before anything is known."""
    return Constants(dict.fromkeys(EFFECTS, FLAT), (0.0, 0.0), 0.5)


@contextmanager
def in_force(constants: Constants, **widths: float) -> Iterator[None]:
    """The search's own constants are these for a time."""
    kept = {name: getattr(process_fit, name) for name in ("MEAN", "DECAY", *widths)}
    variances = dict(process_fit.VARIANCES)
    process_fit.VARIANCES.update(constants.variances)
    for name, value in {"MEAN": constants.mean, "DECAY": constants.decay, **widths}.items():
        setattr(process_fit, name, value)
    try:
        yield
    finally:
        process_fit.VARIANCES.update(variances)
        for name, value in kept.items():
            setattr(process_fit, name, value)


def fitted(tables: Sequence[SearchTable]) -> Constants:
    """The most likely constants of several tables, which share them; each table's scales are its own."""
    number = len(EFFECTS) + 3
    counts = [len(table.rows.tasks) for table in tables]
    ends = np.cumsum([number, *(count + 1 for count in counts)])
    wide = dict.fromkeys(WIDTHS, 1e6)  # the prior of what is shared counts once
    with in_force(start(), **wide):
        models = [process_fit._Model(observed(table), count) for table, count in zip(tables, counts, strict=True)]
        first = models[0].start
        shared = np.concatenate([first[counts[0] : -2], first[-1:]])
        width = np.repeat(list(WIDTHS.values()), [len(EFFECTS), 2, 1])

        def loss(at: Array) -> tuple[float, Array]:
            away = (at[:number] - shared) / width
            total, slope = 0.5 * float(away @ away), np.zeros(len(at))
            slope[:number] = away / width
            for model, count, low, high in zip(models, counts, ends[:-1], ends[1:], strict=True):
                own = at[low:high]
                value, by = model._loss(
                    np.concatenate([own[:count], at[: number - 1], own[count:], at[number - 1 : number]])
                )
                total += value
                slope[: number - 1] += by[count:-2]
                slope[number - 1] += by[-1]
                slope[low:high] += np.append(by[:count], by[-2])
            return total, slope

        begin = np.concatenate([shared, *(np.append(model.start[:count], model.start[-2])
                                          for model, count in zip(models, counts, strict=True))])  # fmt: skip
        found = minimize(loss, begin, jac=True, method="L-BFGS-B").x
    variances = dict(zip(EFFECTS, np.exp(found[: len(EFFECTS)]).tolist(), strict=True))
    return Constants(variances, (float(found[number - 3]), float(found[number - 2])), float(found[number - 1]))


def observed(table: SearchTable) -> Measurements:
    """All that a table tells, as cells."""
    members = table.rows.members[: table.size]
    cells = cells_of(members, np.zeros(members.shape))
    gains = table.told[: table.size][cells.group, cells.target]
    return Measurements(cells, gains, np.zeros(len(gains)), np.zeros(len(gains)))


def measure(case: Case, constants: Constants) -> dict[str, float]:
    """Efficiency by budget under these constants."""
    with in_force(constants):
        return efficiencies(case, ours)


def left_out(source: Source, among: Sequence[Source]) -> Constants:
    """The constants for one table: those of all others."""
    return fitted([other.tables()[0] for other in among if other is not source])


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--published", type=Path, required=True, help="folder with NAME_val_gain.csv and NAME_test_gain.csv"
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    every = [*published(arguments.published), *(source for source in truth() if source.name in OWN)]
    kept = Kept(arguments.out.with_suffix(".parts"), {"seeds": SEEDS, "random seeds": RANDOM_SEEDS})
    found: dict[str, Any] = {}
    fits: dict[str, Any] = {}
    for source in every[: -len(OWN)]:
        constants = left_out(source, every)
        fits[source.name] = {
            "variances": {name: round(of, 3) for name, of in constants.variances.items()},
            "mean": [round(of, 2) for of in constants.mean],
            "decay": round(constants.decay, 2),
        }
        for case in cases([source]):
            found[case.name] = {
                "left out": kept.measured(f"{case.name}, left out", partial(measure, case, constants)),
                "own": kept.measured(f"{case.name}, own", partial(measure, case, own())),
            }
    total = {}
    for name in ("left out", "own"):
        ratios = {
            mode: [r for case, of in found.items() if mode in case for r in of[name].values()]
            for mode in ("partition", "cover")
        }
        ratios["all"] = [ratio for of in ratios.values() for ratio in of]
        total[name] = {mode: overall(of) for mode, of in ratios.items()}
    write_json(arguments.out, {"machine": machine(), "efficiency": total, "constants": fits, "cases": found})
    print(total)


def own() -> Constants:
    """Those that the search has."""
    return Constants(dict(process_fit.VARIANCES), process_fit.MEAN, process_fit.DECAY)


if __name__ == "__main__":
    main()
