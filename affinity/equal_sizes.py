"""Pairs with negative transfer, trained again with the larger data set cut to the smaller one's size."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from affinity.dominance import Estimated, judge
from affinity.gains import MeasuredGroup, measure_groups
from affinity.readings import loss_readings
from affinity.variance import Readings, difference, run_noise
from trainers.cost import Cost
from trainers.cut_job import CutJob
from trainers.result import GroupResult
from trainers.train_job import group_turns, own_passes

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix
    from tasks.encoding import EncodedTask
    from trainers.runs import Runs
    from trainers.settings import Training
    from trainers.trainer import Trainer

MOST = 4
"""Pairs that are trained again, those with the largest losses: each takes two short runs per seed."""
LARGER = 1.25
"""How many times as large as the target's a source's training split must be, and its steps in the pair as many, for its
size to be the question."""
NOT_ANSWERABLE = "not answerable"
"""Word for a pair whose source takes no more steps by its size."""


@dataclass(frozen=True, kw_only=True)
class EqualSizes:
    """What cutting the source of one pair showed; None where nothing was trained."""

    source: str
    target: str
    source_examples: int
    """Training examples of the source, uncut."""
    target_examples: int
    """Training examples of the target, and of the source once it is cut."""
    verdict: str
    """`dominance`, `conflict`, `undecided`, or `not answerable`."""
    reason: str
    """Why, in one sentence without its full stop."""
    before: Estimated | None = None
    """The target's gain in the whole pair."""
    after: Estimated | None = None
    """Its gain with the source cut."""
    change: Estimated | None = None
    """The difference, from paired runs."""
    short: float | None = None
    """Gain of the target alone with as few passes as in the pair, on the stop half: 0 or less."""
    seeds: int = 0
    """Runs of each kind that count."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON: each estimate with its standard error and interval."""
        plain = asdict(self)
        for name in ("before", "after", "change"):
            of = getattr(self, name)
            low, high = (None, None) if of is None else of.interval
            plain |= {
                name: None if of is None else of.value,
                f"{name}_error": None if of is None else of.error,
                f"{name}_low": low,
                f"{name}_high": high,
            }
        return plain


@dataclass(frozen=True, eq=False)
class Compared:
    """All pairs that were looked at.

    Args:
        pairs: Trained ones first, the largest loss first.
        left: Further pairs with a negative score and a larger source, that were not trained again.
        cost: Of the runs.
    """

    pairs: Sequence[EqualSizes]
    left: int
    cost: Cost


def losing_pairs(
    matrix: "AffinityMatrix", measured: Mapping[tuple[str, ...], MeasuredGroup] | None = None
) -> list[tuple[str, str]]:
    """Sources and targets whose gain, or score, is below 0, the lowest first.

    Args:
        matrix: Scores, of pairs that were not trained.
        measured: Gains of trained groups, pairs among them.
    """
    names, found = matrix.tasks, []
    for source, target in permutations(names, 2):
        of = (measured or {}).get(tuple(sorted((source, target))))
        score = matrix[source, target] if of is None else float(of.gain[of.group.index(target)])
        if score < 0:
            found.append((score, source, target))
    return [(source, target) for _, source, target in sorted(found)]


def compare_sizes(
    trainer: "Trainer",
    pairs: Sequence[tuple[str, str]],
    *,
    references: Mapping[str, Sequence[GroupResult]],
    known: Mapping[tuple[str, ...], Sequence[GroupResult]] | None = None,
    most: int = MOST,
) -> Compared:
    """Trains pairs as they are and with the source cut, and judges each.

    The source's reference is not needed: only the target's gain counts. With the source cut the pair takes fewer steps;
    the target makes the same passes over its own examples as before, to the nearest whole pass: where mixing gives it
    more than one in a pass of the whole pair, the cut pair makes as many.

    Args:
        pairs: Sources and targets, the most important first.
        references: Reference runs of the targets, at least two each.
        known: Runs of groups whose cost was counted before.
        most: Pairs to train, at most.

    Raises:
        OutOfTime: If the trainer's deadline came first.
    """
    tasks, training = trainer.tasks, trainer.spec.training
    sizes = {name: len(task.splits["train"]) for name, task in tasks.items()}
    unequal = [(s, t) for s, t in pairs if t in references and answerable(tasks, training, s, t)]
    chosen = unequal[:most]
    seeds = trainer.probe_seeds(max(trainer.budget.seeds, trainer.budget.reference_seeds))
    groups = sorted({tuple(sorted(pair)) for pair in chosen})
    runs = trainer.run(groups, seeds=seeds, phase="pairs with negative transfer") if chosen else None
    jobs = [
        CutJob.of(
            trainer.spec,
            tuple(sorted(pair)),
            seed=seed,
            passes=target_passes(tasks, training, *pair, passes=trainer.budget.passes),
            cut=pair[0],
            rows=sizes[pair[1]],
        )
        for pair in chosen
        for seed in seeds
    ]
    results: list[GroupResult] = trainer.jobs(jobs, phase="the same at equal sizes") if jobs else []
    cut = {pair: results[at * len(seeds) : (at + 1) * len(seeds)] for at, pair in enumerate(chosen)}
    found = _judged(trainer, chosen, runs, cut, references, sizes)
    found += [_unanswerable(s, t, sizes) for s, t in pairs if (s, t) not in unequal and t in references]
    counted = {(group, run.seed) for group, of in (known or {}).items() for run in of}
    made = [] if runs is None else [*(run for of in runs.groups.values() for run in of), *runs.unused]
    new = [run for run in made if (run.group, run.seed) not in counted]
    return Compared(found, len(unequal) - len(chosen), sum((run.cost for run in (*new, *results)), Cost()))


def answerable(tasks: Mapping[str, "EncodedTask"], training: "Training", source: str, target: str) -> bool:
    """Whether the source is larger than the target, and takes more steps in their pair for it."""
    turns = group_turns(tasks, (source, target), training)
    larger = len(tasks[source].splits["train"]) >= LARGER * len(tasks[target].splits["train"])
    return larger and turns[source] >= LARGER * turns[target]


def target_passes(
    tasks: Mapping[str, "EncodedTask"], training: "Training", source: str, target: str, *, passes: int
) -> int:
    """Passes over its own examples that the target makes in as many of the whole pair; those of the cut pair."""
    return max(1, round(passes * own_passes(tasks, (source, target), training)[target]))


def _judged(
    trainer: "Trainer",
    chosen: Sequence[tuple[str, str]],
    runs: "Runs | None",
    cut: Mapping[tuple[str, str], Sequence[GroupResult]],
    references: Mapping[str, Sequence[GroupResult]],
    sizes: Mapping[str, int],
) -> list[EqualSizes]:
    tasks, whole = trainer.tasks, {} if runs is None else runs.groups
    kept = {pair: [run for run in of if run.failed is None] for pair, of in cut.items()}
    alike = [pair for pair in chosen if tuple(sorted(pair)) in whole and kept[pair]]
    readings: dict[str, tuple[Readings, Readings]] = {}
    for source, target in alike:
        both = (whole[tuple(sorted((source, target)))], kept[source, target])
        first, second = (loss_readings(of, tasks[target], split="select") for of in both)
        readings[f"{source} to {target}"] = first, second
    noise = run_noise(
        {name: first for name, (first, _) in readings.items()}, {n: [b] for n, (_, b) in readings.items()}
    )
    found = []
    for pair in chosen:
        source, target = pair
        if pair not in alike:
            found.append(_untold(source, target, sizes, "undecided", "its runs failed"))
            continue
        name, group = f"{source} to {target}", tuple(sorted(pair))
        before = _gain(measure_groups({group: whole[group]}, references, tasks, unjudged=[source])[group], target)
        after = _gain(measure_groups({group: kept[pair]}, references, tasks, unjudged=[source])[group], target)
        of = difference(*readings[name], noise[name])
        change = Estimated(of.value, of.error, of.freedom)
        made = target_passes(tasks, trainer.spec.training, source, target, passes=trainer.budget.passes)
        short = _short(references[target], tasks[target], passes=made)
        verdict, reason = judge(before, after, change, short=short)
        found.append(
            EqualSizes(
                source=source,
                target=target,
                source_examples=sizes[source],
                target_examples=sizes[target],
                before=before,
                after=after,
                change=change,
                verdict=verdict,
                reason=reason,
                short=short,
                seeds=len(kept[pair]),
            )
        )
    return found


def _short(references: Sequence[GroupResult], task: "EncodedTask", *, passes: int) -> float:
    best = np.mean([run.members[task.name].curve.min() for run in references])
    early = np.mean([run.members[task.name].curve[run.grid <= passes].min() for run in references])
    return float((best - early) / task.splits["stop"].prior_loss)


def _gain(measured: MeasuredGroup, target: str) -> Estimated:
    at = measured.group.index(target)
    return Estimated(float(measured.gain[at]), float(measured.gain_error[at]), float(measured.gain_freedom[at]))


def _unanswerable(source: str, target: str, sizes: Mapping[str, int]) -> EqualSizes:
    if sizes[source] >= LARGER * sizes[target]:
        which = "both take about as many steps whatever their sizes"
    elif sizes[target] >= LARGER * sizes[source]:
        which = "the target has the larger training split"
    else:
        which = "both are about as large"
    return _untold(source, target, sizes, NOT_ANSWERABLE, f"{which}, so the source cannot dominate by its size")


def _untold(source: str, target: str, sizes: Mapping[str, int], verdict: str, reason: str) -> EqualSizes:
    return EqualSizes(
        source=source,
        target=target,
        source_examples=sizes[source],
        target_examples=sizes[target],
        verdict=verdict,
        reason=reason,
    )
