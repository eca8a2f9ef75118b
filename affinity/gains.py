r"""Runs to measured gains: what a group did to each of its members, with a standard error.

For task :math:`t` in group :math:`S`, with the task's reference single,

.. math:: gain = (L_t^{ref} - L_t(S)) / L_t^{prior}, \qquad delta = 100 \cdot (metric_t(S) - metric_t^{ref}),

means over seeds and held-out examples; ``delta`` is turned round for metrics that are minimised. Both are 0 for a
single and positive where the group helps. Errors hold the run, the reference and the held-out sample: see
:mod:`affinity.variance`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affinity.companions import companions
from affinity.discordance import one_discordant
from affinity.predictor import Measured
from affinity.readings import loss_readings, metric_readings
from affinity.variance import Difference, Readings, RunNoise, difference, run_noise
from tasks.encoding import EncodedTask
from tasks.errors import InputError
from trainers.result import GroupResult

NOTHING = Difference(value=0.0, run=0.0, reference=0.0, sample=0.0, freedom=np.inf)
"""Of a member that is not judged."""
Group = tuple[str, ...]
Runs = Mapping[Group, Sequence[GroupResult]]
Grouped = dict[str, dict[Group, Readings]]


@dataclass(frozen=True, eq=False)
class Parts:
    """A standard error taken apart; the squares of the three add up to its square.

    Args:
        run: From the group's own training runs; falls with the group's seeds, shape ``(M,)``.
        reference: From the task's reference, shared by all gains of the task; falls with the reference's seeds.
        sample: From the held-out examples; falls with their number.
        freedom: Degrees of freedom of the whole (Satterthwaite).
        examples: Held-out examples that were read.
    """

    run: NDArray[np.float64]
    reference: NDArray[np.float64]
    sample: NDArray[np.float64]
    freedom: NDArray[np.float64]
    examples: NDArray[np.int64]

    def only(self, keep: NDArray[np.bool_]) -> "Parts":
        """The same with no error where ``keep`` is false, shape ``(M,)``."""
        return replace(
            self,
            run=np.where(keep, self.run, 0.0),
            reference=np.where(keep, self.reference, 0.0),
            sample=np.where(keep, self.sample, 0.0),
        )


@dataclass(frozen=True, eq=False)
class MeasuredGroup:
    """What training one group did to its ``M`` members, against their references.

    Args:
        group: Member tasks, sorted.
        gain: ``(L_ref - L_S) / L_prior``; no unit, above 0 the group helps, shape ``(M,)``.
        gain_error: Standard error of ``gain``: run, reference and sample.
        delta: Change of the task's own metric in points, above 0 is better, shape ``(M,)``.
        delta_error: Standard error of ``delta``: run, reference and sample.
        freedom: Degrees of freedom of ``delta_error``, shape ``(M,)``; infinite for a single.
        seeds: Runs of the group.
        gain_parts: ``gain_error`` taken apart, where it was measured here.
        delta_parts: ``delta_error`` taken apart, where it was measured here.
        gain_companions: Correlation of the members' run noise in ``gain`` (:mod:`affinity.companions`); 1 if unknown.
        delta_companions: The same in ``delta``.
    """

    group: Group
    gain: NDArray[np.float64]
    gain_error: NDArray[np.float64]
    delta: NDArray[np.float64]
    delta_error: NDArray[np.float64]
    freedom: NDArray[np.float64]
    seeds: int
    gain_parts: Parts | None = None
    delta_parts: Parts | None = None
    gain_companions: float = 1.0
    delta_companions: float = 1.0

    @property
    def gain_freedom(self) -> NDArray[np.float64]:
        """Degrees of freedom of ``gain_error``, shape ``(M,)``; those of ``delta_error`` where none are known."""
        return self.freedom if self.gain_parts is None else self.gain_parts.freedom

    def gains(self) -> Measured:
        """The gains as a predictor takes them."""
        shared = None if self.gain_parts is None else self.gain_parts.reference
        return Measured(group=self.group, mean=self.gain, error=self.gain_error, shared=shared)

    def deltas(self) -> Measured:
        """The changes in points as a predictor takes them."""
        shared = None if self.delta_parts is None else self.delta_parts.reference
        return Measured(group=self.group, mean=self.delta, error=self.delta_error, shared=shared)


def measure_groups(
    runs: Runs,
    references: Mapping[str, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    *,
    split: str = "select",
    unjudged: Collection[str] = (),
) -> dict[Group, MeasuredGroup]:
    """Gains and deltas of every trained group against its members' references.

    Give it all runs of one protocol at once: the noise of a run is estimated from replicates over all groups. One seed
    per group is enough as long as the references have two or more; runs of groups are then taken to be as noisy as
    the reference of the task. A group of one *is* the reference: gain and delta 0, errors 0.

    Args:
        runs: Runs by group, one per seed.
        references: The reference runs by task, one per seed, at least two; equal seeds are compared as pairs.
        tasks: The tasks by name.
        split: ``select``, or ``test`` where it was opened.
        unjudged: Members to measure nothing of, as their references failed: gain, delta and errors are 0.

    Raises:
        InputError: If a task has fewer than two reference runs, runs do not fit the tasks, or a loss is not finite:
            give it runs that did not fail.
    """
    chosen = {tuple(sorted(group)): of for group, of in runs.items()}
    shared = {group: of for group, of in chosen.items() if len(group) > 1}
    names = sorted({name for group in chosen for name in group} - set(unjudged))
    for name in names:
        require_references(name, references)
    for group, of in shared.items():
        if not of:
            raise InputError("Expected at least one run, but got none; train the group first.", place="+".join(group))

    used = {name: references[name] for name in names}
    gains, gain_companions = _differences(loss_readings, shared, used, tasks, split, discordance={})
    discordance = {name: one_discordant(of[0], tasks[name], split=split) for name, of in used.items()}
    deltas, delta_companions = _differences(metric_readings, shared, used, tasks, split, discordance=discordance)
    measured: dict[Group, MeasuredGroup] = {}
    for group in chosen:
        if len(group) == 1:
            measured[group] = trained_alone(group[0], seeds=len(references[group[0]]))
            continue
        examples = np.array([len(tasks[name].splits[split]) for name in group])
        gain, gain_parts = _column([gains.get((name, group), NOTHING) for name in group], examples)
        loss, delta_parts = _column([deltas.get((name, group), NOTHING) for name in group], examples)
        measured[group] = MeasuredGroup(
            group=group,
            gain=gain,
            gain_error=_total(gain_parts),
            delta=-loss,  # a difference is reference minus group; of points, group minus reference is wanted
            delta_error=_total(delta_parts),
            freedom=delta_parts.freedom,
            seeds=len(shared[group]),
            gain_parts=gain_parts,
            delta_parts=delta_parts,
            gain_companions=gain_companions,
            delta_companions=delta_companions,
        )
    return measured


def seed_noise(
    runs: Runs,
    references: Mapping[str, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    *,
    split: str = "select",
) -> dict[str, RunNoise]:
    """What a seed changes in every task's loss, on the scale of gains: the noise that :func:`measure_groups` reads.

    Raises:
        InputError: As :func:`measure_groups`.
    """
    names = sorted({name for group in runs for name in group})
    for name in names:
        require_references(name, references)
    shared = {tuple(sorted(group)): of for group, of in runs.items() if len(group) > 1}
    single, grouped = _read(loss_readings, shared, {name: references[name] for name in names}, tasks, split)
    return _noise(single, grouped)


def trained_alone(name: str, *, seeds: int) -> MeasuredGroup:
    """A group of one: it is the reference, so nothing changes and nothing is uncertain."""
    zero = np.zeros(1)
    return MeasuredGroup(
        group=(name,), gain=zero, gain_error=zero, delta=zero, delta_error=zero, freedom=np.full(1, np.inf), seeds=seeds
    )


def require_references(name: str, references: Mapping[str, Sequence[GroupResult]]) -> None:
    """Two reference runs of ``name``, or an error that says why they are needed."""
    if name not in references:
        raise InputError(
            f"Expected a reference single for every member, but `{name}` has none; train it alone first.",
            place=f"tasks.{name}",
        )
    if len(references[name]) < 2:
        raise InputError(
            f"Expected two or more reference runs with different seeds, but got {len(references[name])}: one run does "
            "not tell noise from gain; raise `budget.seeds`.",
            place=f"tasks.{name}",
        )


def _differences(
    read: Callable[..., Readings],
    runs: Runs,
    references: Mapping[str, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    split: str,
    *,
    discordance: Mapping[str, float],
) -> tuple[dict[tuple[str, Group], Difference], float]:
    """Differences by task and group, and how far members of a group have their luck in common."""
    single, grouped = _read(read, runs, references, tasks, split)
    noise = _noise(single, grouped)
    found = {
        (name, group): difference(single[name], readings, noise[name], discordance=discordance.get(name, 0.0))
        for name, of in grouped.items()
        for group, readings in of.items()
    }
    return found, companions(grouped, {name: of.run for name, of in noise.items()})


def _read(
    read: Callable[..., Readings],
    runs: Runs,
    references: Mapping[str, Sequence[GroupResult]],
    tasks: Mapping[str, EncodedTask],
    split: str,
) -> tuple[dict[str, Readings], Grouped]:
    """Readings of the references, and of every task in its groups."""
    single = {name: read(of, tasks[name], split=split) for name, of in references.items()}
    grouped = {name: {g: read(of, tasks[name], split=split) for g, of in runs.items() if name in g} for name in single}
    return single, grouped


def _noise(single: Mapping[str, Readings], grouped: Grouped) -> dict[str, RunNoise]:
    return run_noise(single, {name: list(of.values()) for name, of in grouped.items()})


def _column(found: Sequence[Difference], examples: NDArray[np.int64]) -> tuple[NDArray[np.float64], Parts]:
    parts = Parts(
        run=np.array([d.run for d in found]),
        reference=np.array([d.reference for d in found]),
        sample=np.array([d.sample for d in found]),
        freedom=np.array([d.freedom for d in found]),
        examples=examples,
    )
    return np.array([d.value for d in found]), parts


def _total(parts: Parts) -> NDArray[np.float64]:
    error: NDArray[np.float64] = np.sqrt(parts.run**2 + parts.reference**2 + parts.sample**2)
    return error
