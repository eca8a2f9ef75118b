"""The search that counts models: one group is trained at a time, and the choice is exact among what was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_process import GroupProcess
from grouping.completions import UNSERVED
from grouping.imagined import best_rows
from grouping.moves import moves, promising
from grouping.rows import Rows
from grouping.solvers.selection import select
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor, Measured
    from affinity.prior import GainPrior
    from grouping.cover import Cover
    from grouping.partition import Group
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]

DRAWS = 128
"""Draws of the gains per model."""
GLANCES = 32
"""Draws by which the groups to consider are chosen where there are many."""
IMAGINED = 8
"""Of them, those whose best groupings are considered too."""
CONSIDERED = 256
"""Most groups that are considered per model, but for those."""
ENUMERATED = 12
"""Most tasks for which all groups are considered; with more, groups are proposed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """One question to the oracle."""

    group: Group
    answer: Measured | None
    """None if the group could not be trained."""
    expected: float
    """Expected improvement of the value by the move that it belongs to, when it was asked."""
    value: float
    """Value of the choice afterwards, -inf while nothing could be chosen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The choice and how it came about."""

    cover: Cover
    """The best grouping among what was trained."""
    value: float
    """Sum over tasks of the measured gain in the serving group."""
    asked: tuple[Asked, ...]
    """All questions, in order."""
    gains: GainPredictor
    """The predictor after all answers."""


def search_sequentially(
    ask: Callable[[Group], Measured | None],
    tasks: Sequence[str],
    *,
    adapters: int,
    mode: Mode,
    models: int,
    seed: int,
    pool: Iterable[Group] | None = None,
    prior: GainPrior | None = None,
    start: str = "cheapest",
) -> Found:
    """Finds the grouping of highest value with few trained models.

    Args:
        ask: Trains a group of two tasks or more and measures its members' gains; None if it cannot be trained.
        adapters: Most groups of the answer; groups of one count.
        models: Most questions.
        pool: The only groups that may be asked for; None allows all.
        prior: What an estimator guesses of any group.

    Raises:
        InputError: If no grouping of at most ``adapters`` groups can be made of what may be trained.
    """
    names = tuple(sorted(tasks))
    state = _State(names, adapters=adapters, mode=mode, seed=seed, pool=pool)
    gains: GainPredictor = GroupProcess.fit(names, [], prior=prior, seed=seed)
    asked: list[Asked] = []
    while len(asked) < models:
        generator = np.random.default_rng([seed, len(asked)])
        step = state.next(gains, left=models - len(asked), generator=generator)
        if start == "together" and not asked and (whole := state.rows.row_of(names)) is not None:
            step = whole, 0.0
        if step is None:
            break
        row, expected = step
        group = state.rows.group(row)
        answer = ask(group)
        state.learn(row, answer)
        if answer is not None:
            gains = gains.update([answer])
        asked.append(Asked(group=group, answer=answer, expected=expected, value=state.value))
    choice = select(state.known, state.trained_rows, adapters=adapters, mode=mode)
    if choice is None:
        raise InputError(
            f"no grouping of at most {adapters} adapters can be made of the groups that were trained; allow more "
            "models, adapters or groups",
            place="--adapters",
        )
    return Found(cover=choice.cover(state.trained_rows), value=choice.value, asked=tuple(asked), gains=gains)


class _State:
    """What was asked, and what may still be."""

    def __init__(
        self, tasks: tuple[str, ...], *, adapters: int, mode: Mode, seed: int, pool: Iterable[Group] | None
    ) -> None:
        self.tasks, self.adapters, self.mode = tasks, adapters, mode
        if pool is not None:
            self.rows = Rows.of([tasks, *pool] if tasks in set(pool) else pool, tasks)
        else:
            self.rows = Rows.every(tasks)
        self.open = np.ones(self.rows.shared, dtype=np.bool_)
        self.measured: dict[int, Array] = {}
        self.value = -np.inf
        self._choose()

    @property
    def trained_rows(self) -> Rows:
        return self.rows.only(np.array(sorted(self.measured), dtype=np.intp))

    @property
    def known(self) -> Array:
        """Measured gains of the trained rows and singles, UNSERVED elsewhere."""
        known = np.full((len(self.measured) + len(self.tasks), len(self.tasks)), UNSERVED)
        for place, row in enumerate(sorted(self.measured)):
            known[place] = self.measured[row]
        known[len(self.measured) :][np.diag_indices(len(self.tasks))] = 0.0
        return known

    def learn(self, row: int, answer: Measured | None) -> None:
        self.open[row] = False
        if answer is None:
            return
        gains = np.full(len(self.tasks), UNSERVED)
        for task, gain in zip(answer.group, answer.mean, strict=True):
            gains[self.tasks.index(task)] = gain
        self.measured[row] = gains
        self._choose()

    def _choose(self) -> None:
        choice = select(self.known, self.trained_rows, adapters=self.adapters, mode=self.mode)
        if choice is not None:
            self.value = choice.value

    def next(self, gains: GainPredictor, *, left: int, generator: np.random.Generator) -> tuple[int, float] | None:
        """The row to train next, with what it is expected to add per model; None if nothing is left."""
        untrained = self._considered(gains, generator)
        if not len(untrained):
            return None
        trained = np.array(sorted(self.measured), dtype=np.intp)
        among = self.rows.only(np.concatenate([trained, untrained]))
        first, last = len(trained), among.shared
        draws = np.empty((DRAWS, *among.members.shape))
        draws[:, first:last] = self._worlds(gains, untrained, draws=DRAWS, generator=generator)
        sure = np.concatenate([np.arange(first), np.arange(last, len(among.members))])
        draws[:, sure] = self.known
        possible = moves(
            draws, among, trained=sure, untrained=np.arange(first, last), adapters=self.adapters, mode=self.mode,
            left=left,
        )  # fmt: skip
        if not possible:
            return int(generator.choice(untrained)), 0.0
        if self.value == -np.inf:
            best = min(possible, key=lambda move: (len(move.missing), -move.values.mean()))
            worth = float(best.values.mean())
        else:
            worths = [float(np.maximum(m.values - self.value, 0.0).mean()) / len(m.missing) for m in possible]
            best, worth = possible[int(np.argmax(worths))], max(worths)
        alone = {move.missing[0]: move.values.mean() for move in possible if len(move.missing) == 1}
        row = max(best.missing, key=lambda row: (alone.get(row, -np.inf), among.members[row].sum()))
        return int(untrained[row - first]), worth

    def _considered(self, gains: GainPredictor, generator: np.random.Generator) -> NDArray[np.intp]:
        """Untrained rows that are worth a closer look: all, or the most promising by a few draws."""
        untrained = np.flatnonzero(self.open)
        if len(untrained) <= CONSIDERED:
            return untrained
        glance = self._worlds(gains, untrained, draws=GLANCES, generator=generator)
        kept = [promising(glance, self.known, CONSIDERED)]
        among = self.rows.only(untrained)
        worlds = np.full((IMAGINED, *among.members.shape), UNSERVED)
        worlds[:, : len(untrained)] = glance[:IMAGINED]
        worlds[:, len(untrained) :][:, *np.diag_indices(len(self.tasks))] = 0.0
        for chosen in best_rows(worlds, among, adapters=self.adapters, mode=self.mode):
            kept.append(np.array([row for row in chosen or () if row < len(untrained)], dtype=np.intp))
        return untrained[np.unique(np.concatenate(kept))]

    def _worlds(
        self, gains: GainPredictor, rows: NDArray[np.intp], *, draws: int, generator: np.random.Generator
    ) -> Array:
        """Draws of some rows, UNSERVED where a task is no member, shape ``(D, len(rows), T)``."""
        members = self.rows.members[rows]
        found = gains.draw(members, draws=draws, generator=generator)
        found[:, ~members] = UNSERVED
        generator.shuffle(found, axis=0)
        return found
