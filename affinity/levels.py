r"""A task's own metric and its error, not a difference: what a table of scores shows.

With ``R`` runs on the same held-out units (:mod:`affinity.variance`) the mean has the variance

.. math:: V_{run} / R + \max(V_{sample} - V_{interaction} / R, 0),

the noise of a run and that of the sample, the part that both hold counted once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affinity.readings import metric_readings
from affinity.variance import Readings, interaction, run_noise, sampling_variance, spread
from tasks.encoding import EncodedTask
from trainers.result import GroupResult

Group = tuple[str, ...]


@dataclass(frozen=True)
class Level:
    """The mean metric of a task in several runs.

    Args:
        value: In points (metric x 100), signed so that more is better.
        error: Its standard error: runs and held-out sample.
        freedom: Degrees of freedom of the error (Satterthwaite).
        runs: How many.
    """

    value: float
    error: float
    freedom: float
    runs: int


def level(readings: Readings, *, run: float, run_freedom: float, shared: float) -> Level:
    """The level of one task in one group.

    Args:
        run: Variance between seeds.
        run_freedom: Its degrees of freedom; 0 where nothing is drawn by the seed.
        shared: The part of it that comes from single units.
    """
    runs, units = readings.influence.shape
    from_runs = run / runs
    sample = max(sampling_variance(readings.influence.mean(axis=0)) - shared / runs, 0.0)
    uncertain = sample**2 / (units - 1) + (from_runs**2 / run_freedom if run_freedom > 0 else 0.0)
    total = from_runs + sample
    freedom = max(total**2 / uncertain, 1.0) if uncertain > 0 else np.inf
    return Level(float(readings.values.mean()), float(np.sqrt(total)), freedom, runs)


def own_level(readings: Readings) -> Level:
    """The same from these runs' own spread alone; one run counts as one that any seed would give."""
    more = len(readings.seeds) - 1
    run = spread(readings.values) / more if more else 0.0
    shared = max(interaction(readings.influence, readings.influence) / more, 0.0) if more else 0.0
    return level(readings, run=run, run_freedom=more, shared=shared)


def levels(
    references: Mapping[str, Sequence[GroupResult]],
    groups: Mapping[Group, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    *,
    split: str,
) -> tuple[dict[str, Level], dict[tuple[str, Group], Level]]:
    """Levels of every reference, and of every member of every group; the noise of a run is pooled over groups.

    Raises:
        InputError: As :func:`affinity.readings.metric_readings`.
    """
    single, grouped = _read(references, groups, tasks, split)
    noise = run_noise(single, {name: list(of.values()) for name, of in grouped.items()})
    alone = {
        name: level(
            of,
            run=noise[name].reference,
            run_freedom=noise[name].reference_freedom or noise[name].run_freedom,
            shared=max(noise[name].reference_interaction, 0.0),
        )
        for name, of in single.items()
    }
    shared = {
        (name, group): level(
            readings,
            run=noise[name].run,
            run_freedom=noise[name].run_freedom or noise[name].reference_freedom,
            shared=max(noise[name].run_interaction, 0.0),
        )
        for name, of in grouped.items()
        for group, readings in of.items()
    }
    return alone, shared


def _read(
    references: Mapping[str, Sequence[GroupResult]],
    groups: Mapping[Group, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    split: str,
) -> tuple[dict[str, Readings], dict[str, dict[Group, Readings]]]:
    single = {name: metric_readings(of, tasks[name], split=split) for name, of in references.items()}
    grouped: dict[str, dict[Group, Readings]] = {name: {} for name in single}
    for group, runs in groups.items():
        for name in runs[0].group:
            if name in grouped:
                grouped[name][group] = metric_readings(runs, tasks[name], split=split)
    return single, grouped
