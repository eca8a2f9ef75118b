"""The chosen groups in other forms: made with the probe seeds, measured on the select half, and chosen among."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from affinity.gains import MeasuredGroup, measure_groups
from cotrain.measuring import Probes, neutral
from grouping.form_choice import PLAIN, FormTrial, choose_form
from grouping.objective import Grouping
from grouping.partition import Group
from grouping.statistics import mean_over_tasks
from trainers.bench import BenchSpec
from trainers.cost import Cost
from trainers.forms import Form, Helped, Shared, words
from trainers.private_export import adapter_weights
from trainers.private_layers import PRIVATE
from trainers.result import GroupResult
from trainers.runs import FEWEST_REFERENCES, Runs
from trainers.sizes import BYTES
from trainers.train_job import group_turns
from trainers.trainer import Trainer

SAME = "its members have as many batches in the shared form"
"""Of a mixing that changes nothing."""


@dataclass(frozen=True, eq=False)
class FormRow:
    """One form of one group.

    Args:
        group: The group.
        form: The form.
        trial: What was measured of it.
        runs: Its runs that count, one per seed.
        cost: Of all its runs; a merge takes no training.
        failed: Why it could not be made, if so.
        reason: Why it is or is not chosen.
        chosen: Whether it is.
    """

    group: Group
    form: Form
    trial: FormTrial
    runs: Sequence[GroupResult]
    cost: Cost
    failed: str | None = None
    reason: str = ""
    chosen: bool = False


@dataclass(frozen=True, eq=False)
class Formed:
    """All forms of the chosen groups.

    Args:
        rows: Group by group, the shared form first.
        chosen: The forms of groups whose best is not the shared one.
        margins: Points that every task may lose.
        cost: Of the runs that were made for it.
    """

    rows: tuple[FormRow, ...] = ()
    chosen: Mapping[Group, Form] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)

    def gain(self, group: Group) -> dict[str, tuple[float, float]]:
        """Gain of every member of a group over the shared form, and its standard error; empty where that is chosen."""
        for row in self.rows:
            if row.group == group and row.chosen and row.trial.against is not None:
                of = row.trial.against
                return dict(zip(of.group, zip(of.gain.tolist(), of.gain_error.tolist(), strict=True), strict=True))
        return {}

    def names(self, groups: Sequence[Group]) -> dict[str, dict[str, Any]]:
        """The form of every shared group, with its settings, by the group's name."""
        return {"+".join(group): asdict(self.chosen.get(group, Shared())) for group in groups if len(group) > 1}

    def to_list(self) -> list[dict[str, Any]]:
        """For JSON, with what each form stores and whether it keeps every margin."""
        return [_described(row, self._shared_weights(row.group), self.margins) for row in self.rows]

    def _shared_weights(self, group: Group) -> int | None:
        """Weights of one adapter of the group, as a run that kept its weights tells; None if none did."""
        for row in self.rows:
            if row.group == group and row.runs and row.runs[0].weights:
                weights = row.runs[0].weights
                private = sum(of.size for name, of in weights.items() if name.startswith(PRIVATE))
                return adapter_weights(row.runs[0]) - private
        return None


def make_forms(
    trainer: Trainer,
    groups: Sequence[Group],
    grouping: Grouping,
    *,
    probes: Probes,
    known: Mapping[Group, Sequence[GroupResult]],
    confidence: float,
    helpers: Callable[[Group], Sequence[str]] = lambda _group: (),
    helped: Mapping[Group, Group] | None = None,
) -> Formed:
    """Makes every group of two or more in every form of the suite, and chooses.

    A group that the search chose with helpers keeps them, unless other forms are asked for: with helpers it then is one
    of them. All forms have as many seeds as references have, the shared one too: they are compared as pairs of equal
    seed, and one run does not tell noise from gain.

    Args:
        grouping: The suite's, with its forms.
        probes: The references to measure against, and groups whose replicates tell the noise.
        known: Runs of groups whose cost was counted before.
        confidence: One-sided, of the bound that chooses.
        helpers: Tasks outside a group that may be trained with it, the most promising first.
        helped: The helpers with which the search chose groups.

    Raises:
        OutOfBudget: If a limit came first.
    """
    chosen: dict[Group, Form] = overlapping(helped or {})
    shared = sorted(group for group in groups if len(group) > 1)
    if not shared or not grouping.forms:
        return Formed(chosen=chosen)
    names = sorted({name for group in shared for name in group})
    seeds = trainer.probe_seeds(max(trainer.budget.seeds, trainer.budget.reference_seeds))
    asked: dict[Form, list[Group]] = {Shared(): shared}
    for group in shared:
        variants = [of for given in grouping.forms for of in given.variants(group, helpers(group))]
        for variant in dict.fromkeys([*variants, *([chosen[group]] if group in chosen else [])]):
            asked.setdefault(variant, []).append(group)
    made: dict[Form, Runs] = {}
    for form, groups_asked in asked.items():
        plain = form == Shared()
        some = [group for group in groups_asked if plain or differs(form, group, trainer.spec)]
        made[form] = trainer.run(
            some,
            seeds=seeds,
            references=names,
            reference_seeds=seeds,
            weights_of=() if plain else some,
            forms={} if plain else dict.fromkeys(some, form),
            phase=f"form {words(form)}",
        )
    margins = {name: task.margin for name, task in trainer.tasks.items()}
    objective = grouping.to_objective(margins)
    left = None if grouping.max_adapters is None else grouping.max_adapters - len(groups)
    rows: list[FormRow] = []
    for group in shared:
        found = [
            _row(group, form, runs, made[Shared()], trainer, probes)
            for form, runs in made.items()
            if group in asked[form]
        ]
        if found[0].trial.measured is None:
            trainer.tell(f"group {'+'.join(group)} has no other form: its shared runs with more seeds failed")
            continue
        room = None if left is None else 1 + left
        choice = choose_form([row.trial for row in found], objective=objective, confidence=confidence, room=room)
        best = found[choice.chosen]
        chosen.pop(group, None)
        if choice.chosen:
            chosen[group] = best.form
        if left is not None:
            left -= best.trial.adapters - 1
        rows += [
            FormRow(of.group, of.form, of.trial, of.runs, of.cost, of.failed, reason, index == choice.chosen)
            for index, (of, reason) in enumerate(zip(found, choice.reasons, strict=True))
        ]
    counted = {(group, run.seed) for group, of in known.items() for run in of}
    new = [
        run
        for form, of in made.items()
        for run in _made(of)
        if form != Shared() or (run.group, run.seed) not in counted
    ]
    return Formed(tuple(rows), chosen, margins, sum((run.cost for run in new), Cost()))


def overlapping(helped: Mapping[Group, Group]) -> dict[Group, Form]:
    """The forms of groups that a search chose with helpers."""
    return {group: Helped.by(helpers) for group, helpers in helped.items()}


def differs(form: Form, group: Group, spec: BenchSpec) -> bool:
    """Whether a form is another than the shared one: a mixing is not, of members that have as many batches under it."""
    own = form.spec(spec)
    return (
        form.identity() is not None
        or any(own.tasks[name].weight != spec.tasks[name].weight for name in group)
        or group_turns(spec.tasks, group, own.training) != group_turns(spec.tasks, group, spec.training)
    )


def _made(runs: Runs) -> list[GroupResult]:
    """All runs of groups, failed ones too."""
    return [*(run for of in runs.groups.values() for run in of), *(run for run in runs.unused if not run.reference)]


def _row(group: Group, form: Form, runs: Runs, plain: Runs, trainer: Trainer, probes: Probes) -> FormRow:
    own, shared = list(runs.groups.get(group, ())), list(plain.groups.get(group, ()))
    measured = against = None
    if own and len(shared) >= FEWEST_REFERENCES:
        every = {**probes.runs.groups, group: own}
        measured = neutral(measure_groups(every, probes.runs.references, probes.tasks)[group], probes.learnable)
        if form.name != PLAIN:
            against = neutral(_against(group, own, shared, probes), probes.learnable)
    made = [run for run in _made(runs) if run.group == group]
    return FormRow(
        group=group,
        form=form,
        trial=FormTrial(name=form.name, adapters=form.adapters(len(group)), measured=measured, against=against),
        runs=own,
        cost=sum((run.cost for run in made), Cost()),
        failed=runs.failures.get(group) or (None if differs(form, group, trainer.spec) or form.name == PLAIN else SAME),
    )


def _against(group: Group, own: Sequence[GroupResult], shared: Sequence[GroupResult], probes: Probes) -> MeasuredGroup:
    """The gain over the shared form: its runs stand where references do."""
    return measure_groups({group: own}, dict.fromkeys(group, shared), probes.tasks)[group]


def _described(row: FormRow, shared: int | None, margins: Mapping[str, float]) -> dict[str, Any]:
    trial, of, against = row.trial, row.trial.measured, row.trial.against
    mean = None if of is None else mean_over_tasks([of])
    over = None if against is None else trial.over()
    weights = row.runs[0].weights if row.runs else {}
    private = sum(values.size for name, values in weights.items() if name.startswith(PRIVATE))
    stored = None if shared is None else trial.adapters * shared + private
    trained = None if shared is None else 0 if row.form.merges else shared + private
    return {
        "group": list(row.group),
        "form": words(row.form),
        "settings": asdict(row.form),
        "seeds": len(row.runs),
        "gain": {} if of is None else dict(zip(of.group, of.gain.tolist(), strict=True)),
        "gain_error": {} if of is None else dict(zip(of.group, of.gain_error.tolist(), strict=True)),
        "delta": {} if of is None else dict(zip(of.group, of.delta.tolist(), strict=True)),
        "delta_error": {} if of is None else dict(zip(of.group, of.delta_error.tolist(), strict=True)),
        "mean_gain": None if mean is None else mean.estimate,
        "mean_gain_low": None if mean is None else mean.low,
        "mean_gain_high": None if mean is None else mean.high,
        "over_shared": None if over is None else over.estimate,
        "over_shared_low": None if over is None else over.low,
        "over_shared_high": None if over is None else over.high,
        "keeps_margins": trial.keeps(margins),
        "trains": not row.form.merges,
        "trained_weights": trained,
        "adapters": trial.adapters,
        "stored_bytes": None if stored is None else BYTES * stored,
        "cost": row.cost.to_dict(),
        "chosen": row.chosen,
        "reason": row.failed or row.reason,
    }
