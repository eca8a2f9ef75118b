"""The phases of a run: which runs, how many tokens, how long."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cotrain.cores import usable_cores
from cotrain.plan_equal_sizes import EqualSizesWork
from cotrain.plan_estimators import ANCHORED, SIMULATION, Groups, Work, estimator_work
from cotrain.plan_forms import form_work
from cotrain.plan_makespan import in_batches
from cotrain.plan_simulation import SimulatedWork
from cotrain.plan_speed import Speed
from cotrain.plan_tokens import PlannedTokens
from cotrain.running import PROBED
from cotrain.searching import budget as search_budget
from cotrain.suite import LoadedSuite, Suite
from trainers.bench import BenchSpec
from trainers.budget import Budget
from trainers.train_job import own_passes, reference_limit

REFERENCE_BUDGETS = 2.5
"""Budgets of passes after which a reference has usually ended: it stops by patience of one, and no earlier."""

REPEATED = 0.3
"""Part of the repeats that it may do and that a search does: 0 to 0.8 in seven kinds of planted worlds with two
objectives, 0.35 on average; 0.06 and 0.2 on the two sets of the truth table."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase of a run."""

    name: str
    """What is done."""
    jobs: int
    """Training runs."""
    tokens_forward: int
    """Tokens that pass forward only, padding included."""
    tokens_backward: int
    """Tokens that are trained on, padding included."""
    hours: float
    """On this machine."""


@dataclass(frozen=True, kw_only=True)
class Phases:
    """All that a run does, and what it is held against."""

    run: tuple[Phase, ...]
    """In their order."""
    least: Phase
    """All of it where the search finds nothing worth training and the answer is every task alone."""
    alone: Phase
    """Training every task alone, once."""
    answer: Phase
    """Training all tasks together, once: no grouping trains more tokens."""
    remarks: tuple[str, ...]
    """What they leave out or assume."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock:
    """Work to phases on this machine."""

    spec: BenchSpec
    """The bench of the run."""
    tokens: dict[str, PlannedTokens]
    """By task."""
    speed: Speed
    """Of one process."""
    simulated: SimulatedWork
    """What simulated training takes beside."""
    workers: int
    """Processes."""
    cut: bool
    """Whether lower layers are computed once."""

    def phase(self, step: Work, *, read: Sequence[str] = ("select",), cached: Sequence[str] = ()) -> Phase:
        """One phase.

        Args:
            read: Splits that every run reads.
            cached: Splits whose frozen layers are computed.
        """
        tasks, work, speed = self.spec.tasks, self.tokens, self.speed
        most = self.simulated.most if step.name == ANCHORED else None
        looked = sum(
            work[task].read[split] * min(1.0, (most or math.inf) / len(tasks[task].splits[split]))
            for task in sorted(tasks)
            for split in step.looks
        )
        made = {group: own_passes(tasks, group, self.spec.training) for group, _ in step.groups}
        trained = [
            sum(work[task].train * length * made[group][task] for task in group) for group, length in step.groups
        ]
        evaluated = [
            sum(work[task].stop * length + sum(work[task].read[split] for split in read) for task in group)
            for group, length in step.groups
        ]
        runs = [self._seconds(*of) for of in zip(evaluated, trained, strict=True)]
        lower = sum(of.texts[split] for of in work.values() for split in cached) if self.cut else 0
        below = sum(of.texts[split] for of in work.values() for split in PROBED) if step.share < 1 else 0
        seconds = in_batches(runs, step.batches or [len(runs)], self.workers)
        seconds += self._seconds(looked + step.forward, looked) / self.workers
        seconds = step.share * seconds + (1 - step.share) * self._seconds(below, 0.0) / self.workers
        seconds += lower / speed.lower / max(1, usable_cores() // self.spec.threads)
        seconds += self.simulated.flops / speed.products if step.name == SIMULATION else 0.0
        return Phase(
            name=step.name,
            jobs=len(step.groups),
            tokens_forward=round(looked + step.forward + sum(evaluated) + lower + below),
            tokens_backward=round(looked + sum(trained)),
            hours=seconds / 3600,
        )

    def equal_sizes(self, work: EqualSizesWork) -> Phase:
        """Losing pairs, trained again."""
        return Phase(
            name="equal sizes",
            jobs=work.jobs,
            tokens_forward=round(work.forward),
            tokens_backward=round(work.backward),
            hours=self._seconds(work.forward, work.backward) / self.workers / 3600,
        )

    def _seconds(self, forward: float, backward: float) -> float:
        """Of one worker."""
        return backward / self.speed.train + forward / self.speed.forward


def repeats(budget: Budget) -> int:
    """Runs that the search is expected to repeat."""
    return round(REPEATED * budget.models * (budget.seeds - 1))


def search_batches(suite: Suite, *, pairs_trained: bool) -> list[int]:
    """Runs that the search is expected to make at once: new groups in rounds, repeats one after the other."""
    search = search_budget(suite, pairs_trained=pairs_trained)
    each, more = divmod(search.models, search.rounds)
    new = [each + (place < more) for place in range(search.rounds)]
    return [*new, *[1] * repeats(suite.budget)]


def plan_phases(
    loaded: LoadedSuite,
    spec: BenchSpec,
    speed: Speed,
    simulated: SimulatedWork,
    *,
    workers: int,
    validate: bool,
    share: float,
    cut: bool,
    equal_sizes: bool,
) -> Phases:
    """The phases of a run with their tokens and hours.

    Args:
        share: Of the layers that an estimator looks at.
        cut: Whether lower layers are computed once.
        equal_sizes: Whether losing pairs are trained again with the larger data set cut.
    """
    budget, tasks, names = loaded.suite.budget, spec.tasks, sorted(spec.tasks)
    tokens = {name: PlannedTokens.of(spec, task, passes=budget.passes) for name, task in tasks.items()}
    clock = Clock(spec=spec, tokens=tokens, speed=speed, simulated=simulated, workers=workers, cut=cut)
    everything = [tuple(names)] if len(names) > 2 else []
    singles: Groups = [((name,), _reference(spec, name, budget.passes)) for name in names]
    half, other = tuple(names[: max(2, len(names) // 2)]), tuple(names[max(2, len(names) // 2) :])
    first, remark = estimator_work(loaded.suite.estimator, names, references=singles, budget=budget, share=share)
    pairs_trained = loaded.suite.estimator == "pairwise" or len(names) == 2
    batches = search_batches(loaded.suite, pairs_trained=pairs_trained)
    search = Work(name="search", groups=[(half, 1.0)] * sum(batches), batches=batches)
    phases = [clock.phase(of, cached=PROBED if of is first[0] else ()) for of in first]
    least = [*phases]
    phases.append(clock.phase(search))
    if loaded.suite.grouping.forms:
        groups = sorted({half, *([other] if other else [])})
        phases.append(clock.phase(form_work(loaded.suite.grouping.forms, groups, budget=budget, tokens=tokens)))
    if validate:
        arms = [(half, 1.0), (other or half, 1.0)] * 2 + [(group, 1.0) for group in everything]
        work = Work(name="validation", groups=[*singles, *arms] * budget.validation_seeds)
        phases.append(clock.phase(work, read=("select", "test"), cached=("test",)))
        arms = [(group, 1.0) for group in everything]
        work = Work(name="validation", groups=[*singles, *arms] * budget.validation_seeds)
        least.append(clock.phase(work, read=("select", "test"), cached=("test",)))
    if budget.reruns:  # frozen layers are there already
        phases.append(_times([clock.phase(of) for of in (*first, search)], budget.reruns, name="reruns"))
        least.append(_times([clock.phase(of) for of in first], budget.reruns, name="reruns"))
    remarks = [remark] if remark else []
    if equal_sizes:
        sizes = EqualSizesWork.of(spec, tokens, budget=budget, pairs_trained=pairs_trained)
        phases.append(clock.equal_sizes(sizes))
        remarks.append(
            f"equal sizes are counted as if {sizes.pairs} pairs lost, the most that would be trained again"
            if sizes.pairs
            else "no source takes more steps by its size: equal sizes would train nothing"
        )
    return Phases(
        run=tuple(phases),
        least=_times(least, 1, name="at least"),
        alone=clock.phase(Work(name="every task alone, once", groups=singles)),
        answer=clock.phase(Work(name="the answer, once", groups=[(tuple(names), 1.0)])),
        remarks=tuple(remarks),
    )


def _times(phases: Sequence[Phase], times: int, *, name: str) -> Phase:
    """Several phases as one, so many times over."""
    sums = {
        field: times * sum(getattr(phase, field) for phase in phases)
        for field in ("jobs", "tokens_forward", "tokens_backward", "hours")
    }
    return replace(phases[0], name=name, **sums)


def _reference(spec: BenchSpec, name: str, passes: int) -> float:
    """Expected length of a task's reference, in budgets."""
    limit = reference_limit(spec.tasks, name, passes=passes, batch_size=spec.training.batch_size)
    return min(REFERENCE_BUDGETS, limit / passes)
