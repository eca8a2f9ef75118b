"""The two Optuna studies of a search, kept so that they can be read, resumed and opened in a dashboard.

`proposals` holds one finished trial per distinct partition that was proposed, with what was expected of it then.
`trained` holds one trial per partition whose groups were all trained: it is begun with the prediction before
training and told once, afterwards, what was measured. One process writes both; workers only train.
"""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from grouping.study_notes import CHOICE, proposals_notes, trained_notes
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from grouping.grouped import Grouped

PROPOSALS = "proposals"
"""Name of the study of proposals; its objectives are :data:`OBJECTIVES`."""
TRAINED = "trained"
"""Name of the study of trained partitions; its objective is the measured mean gain, to be maximised."""
OBJECTIVES: dict[str, Literal["minimize", "maximize"]] = {
    "mean gain": "maximize",
    "worst task's gain": "maximize",
    "adapters": "minimize",
}
"""Objectives of the study of proposals, in the order of a trial's values."""


def study_url(path: Path) -> str:
    """The storage address of a SQLite file."""
    return f"sqlite:///{path}"


class Studies:
    """Both studies of one storage. Trials are known by their partition, so nothing is recorded twice.

    Args:
        storage: An Optuna storage.
        tasks: All tasks. A trial's parameters are the partition's restricted-growth digits, one per task by name; of a
            cover, those of the groups that serve the tasks.
        prefix: Put in front of the studies' names, where a database serves several runs.
    """

    def __init__(self, storage: optuna.storages.BaseStorage, tasks: Collection[str], *, prefix: str = "") -> None:
        self._tasks = tuple(sorted(tasks))
        self._distributions: dict[str, BaseDistribution] = {
            task: IntDistribution(0, index) for index, task in enumerate(self._tasks)
        }
        with quiet():
            self.proposals = optuna.create_study(
                study_name=prefix + PROPOSALS,
                storage=storage,
                directions=list(OBJECTIVES.values()),
                load_if_exists=True,
            )
            self.trained = optuna.create_study(
                study_name=prefix + TRAINED, storage=storage, direction="maximize", load_if_exists=True
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self.proposals.set_metric_names(list(OBJECTIVES))  # what optuna-dashboard shows on its axes
                self.trained.set_metric_names(list(OBJECTIVES)[:1])
        _note(self.proposals, proposals_notes(self._tasks))
        _note(self.trained, trained_notes(self._tasks))
        self._proposed = {trial.user_attrs.get("groups") for trial in self.proposals.get_trials(deepcopy=False)}
        self._numbers = {
            trial.user_attrs.get("groups"): trial.number
            for trial in self.trained.get_trials(deepcopy=False)
            if trial.state is not TrialState.FAIL
        }
        self._open = {
            trial.user_attrs.get("groups")
            for trial in self.trained.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        }

    def propose(
        self,
        partition: Grouped,
        *,
        mean_gain: float,
        worst: float,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Records a proposal with what is expected of it; one that was recorded before is left as it is.

        Args:
            mean_gain: Expected mean gain over all tasks.
            worst: Expected gain of the task that fares worst.
            attributes: Further user attributes, such as errors.
        """
        key = partition.to_json()
        if key in self._proposed:
            return
        self._add(
            self.proposals, partition, attributes, state=TrialState.COMPLETE,
            values=[mean_gain, worst, float(partition.adapters)],
        )  # fmt: skip
        self._proposed.add(key)

    def begin(self, partition: Grouped, *, attributes: Mapping[str, Any] | None = None) -> None:
        """Records that a partition's groups are about to be trained; call it before training, with the predictions.

        A partition that was begun before, in this process or in one that was killed, is not begun again.
        """
        key = partition.to_json()
        if key in self._numbers:
            return
        known = {"adapters": partition.adapters, **(attributes or {})}
        self._numbers[key] = self._add(self.trained, partition, known, state=TrialState.RUNNING)
        self._open.add(key)

    def finish(
        self, partition: Grouped, *, mean_gain: float | None, measured: Mapping[str, float] | None = None
    ) -> None:
        """Tells a begun trial the measured mean gain, once; None marks groups that could not be trained.

        Args:
            measured: Every task's measured gain, which becomes a user attribute.
        """
        key = partition.to_json()
        if key not in self._open:
            return
        number = self._numbers[key]
        with quiet():
            if measured is not None:
                begun = self.trained.get_trials(deepcopy=False)[number]
                optuna.trial.Trial(self.trained, begun._trial_id).set_user_attr("measured", dict(measured))
            if mean_gain is None:
                self.trained.tell(number, state=TrialState.FAIL)
            else:
                self.trained.tell(number, mean_gain)
        self._open.remove(key)

    def choose(self, partition: Grouped, *, why: str) -> None:
        """Notes beside both studies which of the trained partitions is the answer; a later choice takes its place.

        Args:
            why: How it was chosen.
        """
        number = self._numbers.get(partition.to_json())
        trial = "" if number is None else f", trial {number}"
        _note(self.trained, {CHOICE: f"{partition}{trial}; {why}"})
        _note(self.proposals, {CHOICE: str(partition)})

    def _add(
        self, study: optuna.Study, partition: Grouped, attributes: Mapping[str, Any] | None, *, state: TrialState,
        values: list[float] | None = None,
    ) -> int:  # fmt: skip
        """Adds a trial and returns its number."""
        trial = optuna.create_trial(
            state=state,
            values=values,
            params=dict(zip(self._tasks, partition.restricted_growth(self._tasks), strict=True)),
            distributions=self._distributions,
            user_attrs={
                "groups": partition.to_json(),
                "partition": str(partition),
                **(attributes or {}),
            },
        )
        with quiet():
            study.add_trial(trial)
        return len(study.get_trials(deepcopy=False)) - 1


def _note(study: optuna.Study, notes: Mapping[str, str]) -> None:
    """Sets user attributes of a study that it has not got yet."""
    known = study.user_attrs
    for name, text in notes.items():
        if known.get(name) != text:
            study.set_user_attr(name, text)


@contextmanager
def open_studies(url: str, tasks: Collection[str], *, prefix: str = "") -> Iterator[Studies]:
    """Both studies of the database at ``url``, created if they are new; its connections are closed at the end.

    Args:
        url: A SQLAlchemy address such as ``sqlite:///run/study.sqlite`` (see :func:`study_url`).

    Raises:
        InputError: If the database cannot be opened.
    """
    storage = _opened(url)
    try:
        yield Studies(storage, tasks, prefix=prefix)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def copy_studies(url: str, path: Path, *, prefix: str = "") -> None:
    """Copies a run's studies from a database that others use too into a file of its own; it replaces one that is there.

    Raises:
        InputError: If the database cannot be opened.
    """
    storage = _opened(url)
    try:
        path.unlink(missing_ok=True)
        there = {of.study_name for of in optuna.get_all_study_summaries(storage, include_best_trial=False)}
        with quiet():
            for name in (PROPOSALS, TRAINED):
                if prefix + name in there:
                    optuna.copy_study(
                        from_study_name=prefix + name,
                        from_storage=storage,
                        to_storage=study_url(path),
                        to_study_name=name,
                    )
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _opened(url: str) -> optuna.storages.RDBStorage:
    """The storage at an address; a connection that broke meanwhile is made anew.

    Raises:
        InputError: If it cannot be opened.
    """
    try:
        with quiet():
            return optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    except (SQLAlchemyError, ImportError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        place = re.sub(r"://[^@/]*@", "://", url).partition("?")[0]  # without name and password
        raise InputError(f"the studies cannot be opened ({reason}); expected a database address", place=place) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna's progress messages off inside the context, and as they were after it."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
