r"""Is there anything to share? A task's reference against the constant predictor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from affinity.gains import require_references
from affinity.readings import loss_readings
from affinity.variance import run_noise, sampling_variance
from tasks.encoding import EncodedTask
from trainers.result import GroupResult

ROUNDING = 1e-6
"""A part of the constant predictor's loss that single precision does not tell from 0."""


@dataclass(frozen=True)
class Learnable:
    r"""How far a task's reference beats the constant predictor.

    Args:
        skill: :math:`1 - L_{ref} / L_{prior}` on held-out examples: 0 is the constant predictor, 1 is no loss at all.
        low: Lower end of its two-sided interval.
        high: Upper end.
        learnable: Whether ``low`` is above 0, by more than rounding. If not, no affinity of the task means anything at
            this budget.
        constant: Whether the held-out loss was the same in every run, up to rounding, and no better than the constant
            predictor's: training does not reach it.
    """

    skill: float
    low: float
    high: float
    learnable: bool
    constant: bool = False


def learnable(
    references: Sequence[GroupResult], task: EncodedTask, *, split: str = "select", confidence: float = 0.95
) -> Learnable:
    """:func:`skills` of one task alone: with two seeds its interval is wide, as it knows no other task's noise."""
    return skills({task.name: references}, {task.name: task}, split=split, confidence=confidence)[task.name]


def skills(
    references: Mapping[str, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    *,
    split: str = "select",
    confidence: float = 0.95,
) -> dict[str, Learnable]:
    """Every task's reference against its constant predictor, whose loss is taken as known.

    The interval holds the noise of the runs, moderated over tasks, and of the held-out sample. A task is learnable if
    the two-sided interval lies above 0: a one-sided test at ``1 - (1 - confidence) / 2``.

    Raises:
        InputError: If a task has fewer than two reference runs, or runs do not fit the tasks.
    """
    for name in references:
        require_references(name, references)
    readings = {name: loss_readings(of, tasks[name], split=split) for name, of in references.items()}
    noise = run_noise(readings, {})
    found = {}
    for name, read in readings.items():
        runs, units = read.influence.shape
        from_runs = noise[name].reference / runs
        twice = noise[name].reference_interaction / runs
        from_sample = max(sampling_variance(read.influence.mean(axis=0)) - twice, 0.0)
        total = from_runs + from_sample
        uncertain = from_runs**2 / noise[name].reference_freedom + from_sample**2 / (units - 1)
        freedom = max(total**2 / uncertain, 1.0) if uncertain > 0 else np.inf
        half = float(stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(total))
        skill = 1 - float(read.values.mean())
        found[name] = Learnable(
            skill=skill,
            low=skill - half,
            high=skill + half,
            learnable=skill - half > ROUNDING,
            constant=skill <= ROUNDING and float(np.ptp(read.values)) <= ROUNDING,
        )
    return found
