r"""Two groupings of the same tasks beside each other: the mean difference of their gains, with its error.

Of every task the group that serves it in one grouping is held against the one in the other, on the same held-out
examples; the reference drops out unless the task is alone on one side. With :math:`d_t` the difference of task ``t``,

.. math:: \bar{d} = \frac{1}{T} \sum_t d_t,

errors of the held-out samples and of references are independent between tasks; those of a group's run are shared by its
members as :mod:`affinity.companions` says. What equal seeds have in common between two groups is not credited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from affinity.companions import companions
from affinity.readings import loss_readings
from affinity.variance import Difference, Group, Readings, RunNoise, difference, run_noise
from tasks.encoding import EncodedTask
from trainers.result import GroupResult


@dataclass(frozen=True)
class Contrast:
    """How far one grouping is better than another.

    Args:
        gain: Mean over tasks of the difference of gains; above 0 the first is better.
        error: Its standard error: runs, references and held-out samples.
        sample: The part of the error that is from held-out samples, which more runs leave as it is.
        freedom: Degrees of freedom of the error, the fewest of any task that differs; infinite where none does.
    """

    gain: float
    error: float
    sample: float
    freedom: float


class Measurements:
    """All runs of one protocol on one split, read once.

    Args:
        groups: Runs by group of two or more.
        references: Runs of every task alone.
        tasks: The tasks by name; only those with references are compared.
    """

    def __init__(
        self,
        groups: Mapping[Group, Sequence[GroupResult]],
        references: Mapping[str, Sequence[GroupResult]],
        tasks: Mapping[str, EncodedTask],
        *,
        split: str,
    ) -> None:
        self.single = {name: loss_readings(of, tasks[name], split=split) for name, of in references.items()}
        self.grouped = {
            name: {group: loss_readings(of, tasks[name], split=split) for group, of in groups.items() if name in group}
            for name in references
        }
        self.noise = run_noise(self.single, {name: list(of.values()) for name, of in self.grouped.items()})
        self.companions = companions(self.grouped, {name: of.run for name, of in self.noise.items()})

    def contrast(self, first: Sequence[Group], second: Sequence[Group]) -> Contrast | None:
        """The first grouping against the second; None if a group of either was not trained."""
        served = [{name: group for group in of for name in group} for of in (first, second)]
        pairs = {name: (served[0][name], served[1][name]) for name in served[0] if name in self.single}
        found = {name: self._difference(name, *groups) for name, groups in pairs.items()}
        if any(of is None for of in found.values()):
            return None
        known = {name: of for name, of in found.items() if of is not None}
        sample = sum(of.sample**2 for of in known.values())
        variance = sample
        for side, part in ((0, "run"), (1, "reference")):
            shared: dict[Group, list[float]] = {}
            for name, of in known.items():
                shared.setdefault(pairs[name][side], []).append(getattr(of, part))
            for errors in shared.values():
                luck = np.array(errors)
                variance += self.companions * float(luck.sum()) ** 2 + (1 - self.companions) * float(luck @ luck)
        differing = [of.freedom for of in known.values() if of.error > 0]
        count = len(served[0])
        return Contrast(
            gain=sum(of.value for of in known.values()) / count,
            error=float(np.sqrt(variance)) / count,
            sample=float(np.sqrt(sample)) / count,
            freedom=min(differing, default=np.inf),
        )

    def _difference(self, name: str, first: Group, second: Group) -> Difference | None:
        """Loss in the second group minus loss in the first: how much better the first serves the task."""
        if first == second:
            return Difference(value=0.0, run=0.0, reference=0.0, sample=0.0, freedom=np.inf)
        left, right = self._readings(name, first), self._readings(name, second)
        if left is None or right is None:
            return None
        noise = self.noise[name]
        if len(first) == 1:
            return _turned(difference(left, right, noise))
        if len(second) == 1:
            return difference(right, left, noise)
        return difference(right, left, _between_groups(noise))

    def _readings(self, name: str, group: Group) -> Readings | None:
        return self.single[name] if len(group) == 1 else self.grouped[name].get(group)


def _turned(of: Difference) -> Difference:
    return replace(of, value=-of.value, run=of.reference, reference=of.run)


def _between_groups(noise: RunNoise) -> RunNoise:
    """Both sides are runs of groups, whose pooled variance is one number."""
    own = noise.run_freedom > 0
    return replace(
        noise,
        reference=noise.run,
        reference_interaction=noise.run_interaction,
        run_freedom=noise.run_freedom if own else noise.reference_freedom,
        reference_freedom=0.0,
        shared_interaction=0.0,
        correlation=0.0,
    )
