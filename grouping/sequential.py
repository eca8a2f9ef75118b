"""The search that counts models: one group is trained at a time, and the choice is exact among what was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_process import GroupProcess
from grouping.candidates import Candidates, Grown, Listed, worlds
from grouping.completions import UNSERVED
from grouping.cover import Cover
from grouping.effort import FEW_TASKS, Effort
from grouping.imagined import best_rows
from grouping.information import knowledge_gradient
from grouping.moves import Move, moves
from grouping.rows import MOST_TASKS, Rows
from grouping.solvers.selection import select
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor, Measured
    from affinity.prior import GainPrior
    from grouping.oracle import GroupOracle
    from grouping.partition import Group
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """The next question, and the grouping for which it is asked."""

    group: Group
    """What to train."""
    proposal: Cover | None = None
    """The grouping that is expected to be best with it; None where nothing is expected."""
    predicted: float = np.nan
    """Value that is expected of the proposal, NaN without one."""
    error: float = np.nan
    """Standard error of that."""
    worst: float = np.nan
    """Expected gain of the task that fares worst in the proposal."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """One question to the oracle and its answer."""

    step: Step
    answer: Measured | None
    """None if the group could not be trained."""
    choice: Cover | None
    """What would be chosen after the answer; None while what was trained makes up no grouping."""
    value: float
    """Its value, -inf alike."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The choice and how it came about."""

    cover: Cover
    """The best grouping among what was trained."""
    value: float
    """Sum over tasks of the measured gain in the serving group."""
    asked: tuple[Asked, ...]
    """All questions, in order."""
    measured: dict[Group, Measured]
    """All answers."""
    gains: GainPredictor
    """The predictor after them."""


def search_sequentially(
    oracle: GroupOracle,
    tasks: Sequence[str],
    *,
    adapters: int,
    mode: Mode,
    models: int,
    seed: int,
    pool: Iterable[Group] | None = None,
    measured: Sequence[Measured] = (),
    prior: GainPrior | None = None,
    told: Callable[[Asked], None] = lambda asked: None,
) -> Found:
    r"""Finds the grouping of highest value with few trained models.

    All tasks together are trained first, if they may be. Then each model is the one that adds most: with :math:`f` the
    value of what would be chosen now and :math:`v_d` that of a grouping under draw :math:`d` of all gains, a grouping
    that misses :math:`m` models adds :math:`\frac{1}{m D} \sum_d \max(v_d - f, 0)` per model. Groupings are every
    untrained group beside the best of what was trained, and the best ones under the expected gains and under some of
    the draws (:mod:`grouping.moves`). But for the last model, what it would tell about the others counts as much
    (:mod:`grouping.information`).

    Args:
        oracle: Trains groups.
        tasks: All of them; a single's gain is 0 and needs no model.
        adapters: Most groups of the answer; groups of one count.
        models: Most questions; refusals count.
        seed: Of the draws.
        pool: The only groups that may be asked for; None allows all.
        measured: Groups that were trained before; they cost nothing and may be chosen.
        prior: What an estimator guesses of any group.
        told: Called after every answer.

    Raises:
        InputError: If there are too many tasks, or no grouping of at most ``adapters`` groups can be made of what may
            be trained, or of what was.
    """
    names = tuple(sorted(tasks))
    search = _Search(names, adapters=adapters, mode=mode, pool=pool, measured=measured)
    gains: GainPredictor = GroupProcess.fit(names, list(search.measured.values()), prior=prior, seed=seed)
    asked: list[Asked] = []
    while len(asked) < models:
        step = search.next(gains, left=models - len(asked), generator=np.random.default_rng([seed, len(asked)]))
        if step is None:
            break
        answer = oracle.ask(step.group)
        search.learn(step.group, answer)
        if answer is not None:
            gains = gains.update([answer])
        asked.append(Asked(step=step, answer=answer, choice=search.choice, value=search.value))
        told(asked[-1])
    search.choose(exactly=True)
    if search.choice is None:
        raise InputError(
            f"no grouping of at most {adapters} adapters can be made of the {len(search.measured)} groups that were "
            "trained; allow more models or adapters",
            place="--models",
        )
    return Found(
        cover=search.choice, value=search.value, asked=tuple(asked), measured=dict(search.measured), gains=gains
    )


class _Search:
    """What was asked, what is chosen, and what comes next."""

    def __init__(
        self,
        tasks: tuple[str, ...],
        *,
        adapters: int,
        mode: Mode,
        pool: Iterable[Group] | None,
        measured: Sequence[Measured],
    ) -> None:
        if not 2 <= len(set(tasks)) == len(tasks) <= MOST_TASKS:
            raise InputError(f"found {len(tasks)} tasks; expected 2 to {MOST_TASKS} different ones", place="tasks")
        if adapters < 1:
            raise InputError(f"found {adapters}; expected 1 or more", place="--adapters")
        self.tasks, self.adapters, self.mode = tasks, adapters, mode
        self.effort = Effort.of(len(tasks))
        self.measured = {tuple(sorted(of.group)): of for of in measured if len(of.group) > 1}
        self.closed = {self._mask(group) for group in self.measured}
        self.candidates: Candidates
        self.whole = pool is None
        if pool is None and len(tasks) > FEW_TASKS:
            self.candidates = Grown(len(tasks), effort=self.effort)
        else:
            rows = Rows.every(tasks) if pool is None else Rows.of(pool, tasks)
            self.whole = self.whole or rows.row_of(tasks) is not None
            self.candidates = Listed(rows, adapters=adapters, mode=mode, effort=self.effort)
            if not self.whole:
                self._require_grouping(Rows.of([*rows.groups, *self.measured], tasks))
        self.choice: Cover | None = None
        self.value = -np.inf
        self.choose(exactly=False)

    def _require_grouping(self, rows: Rows) -> None:
        found = select(np.zeros(rows.members.shape), rows, adapters=self.adapters, mode=self.mode)
        if found is None:
            raise InputError(
                f"no {self.mode} of at most {self.adapters} adapters can be made of the pool's {rows.shared} groups "
                "and of single tasks; allow more adapters or add groups, such as all tasks together",
                place="--pool",
            )

    def _mask(self, group: Group) -> int:
        return sum(1 << self.tasks.index(task) for task in group)

    def learn(self, group: Group, answer: Measured | None) -> None:
        self.closed.add(self._mask(group))
        if answer is not None:
            self.measured[group] = answer
            self.choose(exactly=False)

    def next(self, gains: GainPredictor, *, left: int, generator: np.random.Generator) -> Step | None:
        """The group to train next; None if nothing is left."""
        if self.whole and not self.closed:
            return Step(group=self.tasks)
        known = self._known()
        looked = self.candidates.look(gains, closed=self.closed, known=known, generator=generator)
        if not len(looked):
            return None
        first = len(self.measured)
        members = np.concatenate([self._trained().members[:first], looked, np.eye(len(self.tasks), dtype=np.bool_)])
        among = Rows(self.tasks, members)
        untrained = np.arange(first, among.shared)
        sure = np.setdiff1d(np.arange(len(members)), untrained)
        draws = np.empty((self.effort.draws, *members.shape))
        draws[:, untrained] = worlds(gains, looked, draws=self.effort.draws, generator=generator)
        draws[:, sure] = known
        possible = moves(
            draws,
            among,
            trained=sure,
            untrained=untrained,
            adapters=self.adapters,
            mode=self.mode,
            left=left,
            effort=self.effort,
        )
        if not possible:
            return Step(group=among.group(int(generator.choice(untrained))))
        row, best = self._pick(possible, draws, among, untrained, left=left)
        expected = draws.mean(axis=0)
        chosen = self._best(expected, among, np.concatenate([sure, best.missing]))
        return Step(
            group=among.group(row),
            proposal=None if chosen is None else _cover(expected, among, chosen),
            predicted=float(best.values.mean()),
            error=float(best.values.std(ddof=1)),
            worst=np.nan if chosen is None else float(expected[list(chosen)].max(axis=0).min()),
        )

    def _pick(
        self, possible: Sequence[Move], draws: Array, rows: Rows, untrained: NDArray[np.intp], *, left: int
    ) -> tuple[int, Move]:
        """The row to train and the move that it belongs to."""
        alone = {move.missing[0]: move for move in possible if len(move.missing) == 1}

        def first(move: Move) -> int:
            """Of a whole grouping, the group that is worth most without the others."""
            worth = {row: alone[row].values.mean() if row in alone else -np.inf for row in move.missing}
            return max(move.missing, key=lambda row: (worth[row], rows.members[row].sum()))

        if self.choice is None:
            best = min(possible, key=lambda move: (len(move.missing), -move.values.mean()))
            return first(best), best
        adds = [float(np.maximum(move.values - self.value, 0.0).mean()) / len(move.missing) for move in possible]
        if left == 1:
            best = possible[int(np.argmax(adds))]
            return first(best), best
        scores: dict[int, tuple[float, Move]] = {}
        for move, added in zip(possible, adds, strict=True):
            for row in move.missing:
                if row not in scores or added > scores[row][0]:
                    scores[row] = added, move
        likely = sorted(possible, key=lambda move: -move.values.mean())[: self.effort.proposals]
        whole = [move for move in possible if len(move.missing) > 1 and move not in likely]
        sure = np.full(len(draws), self.value)
        values = np.column_stack([sure, *(move.values for move in [*likely, *whole])])
        told = {row: knowledge_gradient(draws[:, row][:, rows.members[row]], values) + scores[row][0] for row in scores}
        row = max(told, key=lambda row: told[row])
        return row, scores[row][1]

    def _best(self, gains: Array, rows: Rows, usable: NDArray[np.intp]) -> tuple[int, ...] | None:
        """The best grouping of some rows, the singles among them."""
        usable = np.sort(usable)
        some = rows.only(usable[usable < rows.shared])
        chosen = best_rows(gains[None, usable], some, adapters=self.adapters, mode=self.mode)[0]
        return None if chosen is None else tuple(int(usable[row]) for row in chosen)

    def _trained(self) -> Rows:
        return Rows.of(self.measured, self.tasks)

    def _known(self) -> Array:
        """Measured gains of the trained groups and of singles, UNSERVED where a task is no member."""
        known = np.full((len(self.measured) + len(self.tasks), len(self.tasks)), UNSERVED)
        for row, answer in enumerate(self.measured.values()):
            known[row, [self.tasks.index(task) for task in answer.group]] = answer.mean
        known[len(self.measured) :][np.diag_indices(len(self.tasks))] = 0.0
        return known

    def choose(self, *, exactly: bool) -> None:
        """The best grouping of what was trained; between questions about many tasks an exchange of groups is enough."""
        rows, known = self._trained(), self._known()
        if exactly:
            choice = select(known, rows, adapters=self.adapters, mode=self.mode)
            if choice is not None and choice.value > self.value:
                self.choice, self.value = choice.cover(rows), choice.value
            return
        chosen = self._best(known, rows, np.arange(len(rows.members)))
        if chosen is not None and (value := float(known[list(chosen)].max(axis=0).sum())) > self.value:
            self.choice, self.value = _cover(known, rows, chosen), value


def _cover(gains: Array, rows: Rows, chosen: tuple[int, ...]) -> Cover:
    """Each task is served by the chosen row in which it gains most."""
    serving = [chosen[int(place)] for place in gains[list(chosen)].argmax(axis=0)]
    kept = sorted(set(serving))
    served_by = {task: kept.index(row) for task, row in zip(rows.tasks, serving, strict=True)}
    return Cover.of([rows.group(row) for row in kept], served_by)
