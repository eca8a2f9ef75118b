"""An Optuna sampler that is native on partitions of tasks."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.study import StudyDirection

from grouping.constraints import Constraints
from grouping.labels import search_space, task_names
from grouping.partition import Partition
from grouping.sampling.allowed import Allowed
from grouping.sampling.group_prices import GroupPrices
from grouping.sampling.proposing import propose
from grouping.sampling.sampled_worlds import Beliefs
from grouping.sampling.told import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

    from grouping.labels import Labels
    from grouping.partition import Group
    from grouping.sampling.told import History


class EveryPartitionHeld(optuna.TrialPruned):
    """The study holds every allowed partition, so there is nothing to propose; ``Study.optimize`` ends quietly."""


class PartitionSampler(optuna.samplers.BaseSampler):
    """Proposes partitions of tasks that are not in the study yet, with few models to train.

    A *model* is a group of two tasks or more; the sampler counts those that no trial has trained yet. Every proposal
    is the best partition in a world drawn from what is believed of the gains, in the mean of such worlds, or close to
    the best so far; of these it takes the one with the most expected improvement per new model. The first two
    proposals are every task alone and all tasks together.

    It learns from ``trial.set_user_attr("gains", {task: gain})``, where the returned value is the mean over all tasks
    of the gains, 0 for a task that is alone; without them, from the values. Trials with a violated constraint
    (``Trial.set_constraint``) are learned from and avoided. Each trial gets the user attributes ``partition``,
    ``predicted`` (the ``value`` and its standard ``error``) and ``why`` (see :mod:`grouping.sampling.reasons_why`).

    A proposal depends on the seed, the trial's number and what the study holds, on nothing else: a study that was
    killed and loaded goes on as if nothing had happened. Partitions of running and failed trials are not repeated.
    Several processes that ask the same study at the same moment may be given the same partition; threads are not.

    >>> from grouping.labels import suggest_partition
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(direction="maximize", sampler=PartitionSampler(["a", "b", "c"], seed=0))
    >>> study.optimize(lambda trial: float(str(suggest_partition(trial, ["a", "b", "c"])) == "{a, c} {b}"))
    >>> study.best_trial.user_attrs["partition"], len(study.trials)
    ('{a, c} {b}', 5)

    Args:
        tasks: All tasks; the objective calls :func:`grouping.labels.suggest_partition` with the same ones.
        seed: Of the draws.
        constraints: Rules of every group.
        max_adapters: The most groups; None for as many as there are tasks.
        cost: What a group costs, singles too, sorted by name: hours of training, bytes, money. 0 or more, and with a
            task more no less. By default the number of its tasks.
        max_cost: The most that the groups of a partition may cost together; None for no limit. What is known only once
            a partition is trained is a constraint of its trial instead: ``Trial.set_constraint``.

    Raises:
        InputError: If there are fewer than two tasks, no partition is allowed, or a cost is negative.
    """

    def __init__(
        self,
        tasks: Collection[str],
        *,
        seed: int,
        constraints: Constraints | None = None,
        max_adapters: int | None = None,
        cost: Callable[[Group], float] = len,
        max_cost: float | None = None,
    ) -> None:
        self._tasks = task_names(tasks)
        self._seed = seed
        self._space = search_space(self._tasks)
        prices = None if max_cost is None else GroupPrices(cost, max_cost, self._tasks)
        self._allowed = Allowed(self._tasks, constraints or Constraints(), max_adapters, prices)
        self._at_least = 0  # allowed partitions, as far as they were counted
        self._forget()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """One whole number per task, whatever the study holds."""
        if len(study.directions) > 1:
            raise ValueError(
                f"Expected a study with one objective for PartitionSampler, but got {len(study.directions)}."
            )
        return dict(self._space)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """All digits of a trial, when its first one is suggested.

        Raises:
            EveryPartitionHeld: If the study holds every allowed partition.
        """
        with self._lock:
            history = self._read(study, trial)
            proposed = propose(history, self._beliefs, self._allowed, np.random.default_rng([self._seed, trial.number]))
            if proposed is not None:
                self._pending[trial.number] = proposed.labels
        if proposed is None:
            self._stop(study)
            raise EveryPartitionHeld(
                f"The study holds every allowed partition of {', '.join(self._tasks)}: nothing is left to propose."
            )
        sign = _sign(study)
        self._write(
            study,
            trial,
            partition=str(Partition.from_labels(self._tasks, proposed.labels)),
            predicted={"value": sign * proposed.value, "error": proposed.error},
            why=proposed.why,
        )
        return dict(zip(self._tasks, proposed.labels, strict=True))

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Refuses what is no digit of a partition.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            f"Expected parameters {', '.join(f'`{task}`' for task in self._tasks)} with the ranges of "
            f"`suggest_partition`, but got `{param_name}` with {param_distribution}."
        )

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Ends ``Study.optimize`` after the last allowed partition; called before a trial is stored as finished."""
        wanted = trial.number + 1
        if self._at_least <= wanted:
            order = np.arange(len(self._allowed.blocks))
            self._at_least = sum(1 for _ in islice(self._allowed.every(order), 2 * wanted + 1))
        if self._at_least <= wanted:
            with self._lock:
                held = self._read(study, None).held
            if sum(self._allowed.allows(labels) for labels in held) >= self._at_least:
                self._stop(study)

    def reseed_rng(self) -> None:
        """Nothing: there is no generator to share; threads that ask at once are told apart by their trials."""

    def __getstate__(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("_tasks", "_seed", "_space", "_allowed", "_at_least")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def _forget(self) -> None:
        """What can be worked out again."""
        self._lock = Lock()
        self._pending: dict[int, Labels] = {}
        self._reader = Reader(self._tasks)
        self._beliefs = Beliefs(self._tasks, self._seed)

    def _read(self, study: Study, trial: FrozenTrial | None) -> History:
        """What the study holds beside one trial that asks."""
        trials = study.get_trials(deepcopy=False)
        for other in trials:
            if other.state.is_finished():
                self._pending.pop(other.number, None)
        others = [other for other in trials if trial is None or other.number != trial.number]
        numbers = {other.number for other in others}
        pending = [labels for number, labels in self._pending.items() if number in numbers]
        return self._reader.read(others, sign=_sign(study), pending=pending)

    def _write(self, study: Study, trial: FrozenTrial, **attributes: str | dict[str, float]) -> None:
        """As Optuna's own samplers write theirs; a trial at hand shows them too."""
        for key, value in attributes.items():
            study._storage.set_trial_user_attr(trial._trial_id, key, value)
            trial.user_attrs[key] = value

    def _stop(self, study: Study) -> None:
        """Ends ``Study.optimize`` where that is what runs."""
        with suppress(RuntimeError):
            study.stop()


def _sign(study: Study) -> float:
    return 1.0 if study.direction is StudyDirection.MAXIMIZE else -1.0
