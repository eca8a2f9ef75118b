"""Does correcting forecasts by earlier runs hurt where they have no bias, and help where they have one?

    python -m benchmarks.calibration [--repetitions 2000]

Earlier runs have five tasks and eight trained groups of two to four each. Forecasts spread by 0.03; the truth scatters
around them by the stated error of 0.02, half of whose variance the members of a group share; what is measured has the
luck of its run (0.01, shared by the group), the error of the task's reference (0.008, shared by all of a run's gains
of that task) and 0.005 of its own. A bias adds a level, tilts the forecasts, or states errors half as large as they
are. The correction that :func:`affinity.calibration.calibrate` takes from the earlier runs is applied to a fresh run's
forecasts, whose truth is known. ``corrected`` is how often it found a clear bias, ``ratio`` the root mean squared error
of forecasts with the correction over that without, over all repetitions, and ``deming`` the median slope that the line
for errors in both variables would have found. One row per bias and number of earlier runs, in
``results/calibration.json``.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affinity.calibration import Forecast, calibrate
from benchmarks.kept import write_json
from benchmarks.machine import machine

Array = NDArray[np.float64]

OUT = Path(__file__).parent / "results" / "calibration.json"
TASKS = ("a", "b", "c", "d", "e")
GROUPS = 8
SPREAD, SCATTER, LUCK, REFERENCE, SAMPLE = 0.03, 0.02, 0.01, 0.008, 0.005


@dataclass(frozen=True, kw_only=True)
class Bias:
    """What is wrong with forecasts; truth is ``level + slope * predicted`` plus scatter."""

    level: float = 0.0
    slope: float = 1.0
    overconfident: float = 1.0
    """True over stated error."""


BIASES = {
    "none": Bias(),
    "none, errors stated half as large": Bias(overconfident=2.0),
    "level -0.01": Bias(level=-0.01),
    "level -0.02": Bias(level=-0.02),
    "slope 0.5": Bias(slope=0.5),
    "slope 0.5, level -0.02": Bias(slope=0.5, level=-0.02),
}


def run(bias: Bias, name: str, generator: np.random.Generator) -> tuple[list[Forecast], Array]:
    """The forecasts of one run, and the truth of each."""
    reference = dict(zip(TASKS, REFERENCE * generator.standard_normal(len(TASKS)), strict=True))
    points, truths = [], []
    for number in range(GROUPS):
        size = int(generator.integers(2, 5))
        members = tuple(sorted(generator.choice(TASKS, size, replace=False).tolist()))
        predicted = SPREAD * generator.standard_normal(size)
        both = np.sqrt(0.5) * (generator.standard_normal() + generator.standard_normal(size))
        truth = bias.level + bias.slope * predicted + SCATTER * bias.overconfident * both
        measured = truth + LUCK * generator.standard_normal() + SAMPLE * generator.standard_normal(size)
        measured += np.array([reference[task] for task in members])
        error = float(np.sqrt(LUCK**2 + REFERENCE**2 + SAMPLE**2))
        group = (*members, str(number))  # the same members twice are two groups here
        for task, *of in zip(members, predicted, measured, strict=True):
            points.append(
                Forecast(run=name, group=group, task=task, predicted=of[0], predicted_error=SCATTER, measured=of[1],
                         measured_error=error)
            )  # fmt: skip
        truths.append(truth)
    return points, np.concatenate(truths)


def deming(points: list[Forecast]) -> float:
    """Slope of the line for an ``x`` that has an error around the truth of its own."""
    x, y = (np.array([getattr(p, of) for p in points]) for of in ("predicted", "measured"))
    sx, sy = (np.mean([getattr(p, of) ** 2 for p in points]) for of in ("predicted_error", "measured_error"))
    ratio, (xx, xy, yy) = sy / sx, np.cov(x, y)[np.triu_indices(2)]
    gap = yy - ratio * xx
    return float((gap + np.sqrt(gap**2 + 4 * ratio * xy**2)) / (2 * xy))


def repeated(bias: Bias, runs: int, repetitions: int, *, seed: int = 0) -> dict[str, float]:
    """Corrections from so many earlier runs, applied to a fresh one."""
    generator = np.random.default_rng([seed, runs])
    clear, plain, corrected, slopes = 0, 0.0, 0.0, []
    for _ in range(repetitions):
        earlier = [point for number in range(runs) for point in run(bias, str(number), generator)[0]]
        found = calibrate(earlier)
        fresh, truth = run(bias, "fresh", generator)
        predicted = np.array([point.predicted for point in fresh])
        clear += found.correction is not None
        plain += float(((predicted - truth) ** 2).mean())
        better = predicted if found.correction is None else found.correction.apply(predicted)
        corrected += float(((better - truth) ** 2).mean())
        slopes.append(deming(earlier))
    return {
        "corrected": round(clear / repetitions, 4),
        "ratio": round(float(np.sqrt(corrected / plain)), 4),
        "deming": round(float(np.median(slopes)), 3),
    }


def main() -> None:
    """Simulates, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=2000)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name, bias in BIASES.items():
        for runs in (2, 4, 8):
            rows.append({"bias": name, "earlier runs": runs, **repeated(bias, runs, arguments.repetitions)})
            print(rows[-1], flush=True)
    write_json(OUT, {"machine": machine(), "settings": {"repetitions": arguments.repetitions}, "rows": rows})


if __name__ == "__main__":
    main()
