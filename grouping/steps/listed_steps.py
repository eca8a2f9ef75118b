"""The next model where all groups that may be trained can be listed: of a few tasks, or of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import Rows
from grouping.steps.candidates import Listed, worlds
from grouping.steps.information import knowledge_gradient
from grouping.steps.moves import Move, moves
from grouping.steps.step import Step
from grouping.steps.trained_groups import best_of, cover_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.steps.effort import Effort
    from grouping.steps.trained_groups import TrainedGroups

    Array = NDArray[np.float64]

SHARE = 0.5
r"""A grouping that lacks :math:`m` models is worth its improvement over :math:`m` to this power. 1 would count only
what is gained now; whole groupings also begin what later models go on from."""


class ListedSteps:
    """Every untrained group beside the best of what was trained, and the best groupings of some draws.

    Args:
        rows: What may be trained.
        trained: What was.
        effort: How much to think.
    """

    def __init__(self, rows: Rows, trained: TrainedGroups, *, effort: Effort) -> None:
        self._trained, self._effort = trained, effort
        self._candidates = Listed(
            rows, adapters=trained.adapters, mode=trained.mode, effort=effort, limit=trained.limit
        )

    def next(self, gains: GainPredictor, *, left: int, generator: np.random.Generator) -> Step | None:
        """The group to train next, with ``left`` models to go; None if there is no other, or none within the limit."""
        trained, effort = self._trained, self._effort
        known = trained.gains()
        looked = self._candidates.look(
            gains, closed=trained.closed, trained=trained.rows(), known=known, generator=generator
        )
        if not len(looked):
            return None
        first = len(trained.measured)
        singles = np.eye(len(trained.tasks), dtype=np.bool_)
        members = np.concatenate([trained.rows().members[:first], looked, singles])
        among = Rows(trained.tasks, members)
        untrained = np.arange(first, among.shared)
        sure = np.setdiff1d(np.arange(len(members)), untrained)
        draws = np.empty((effort.draws, *members.shape))
        draws[:, untrained] = worlds(gains, looked, draws=effort.draws, generator=generator)
        draws[:, sure] = known
        draws = trained.worth(draws)
        costs = None if trained.limit is None else trained.limit.on(among)
        possible = moves(
            draws,
            among,
            trained=sure,
            untrained=untrained,
            adapters=trained.adapters,
            mode=trained.mode,
            left=left,
            effort=effort,
            costs=costs,
        )
        if not possible and costs is not None:
            return None
        if not possible:
            return Step(group=among.group(int(generator.choice(untrained))))
        row, best = self._pick(possible, draws, among, left=left)
        expected = draws.mean(axis=0)
        usable = np.concatenate([sure, best.missing])
        chosen = best_of(expected, among, usable, adapters=trained.adapters, mode=trained.mode, costs=costs)
        return Step(
            group=among.group(row),
            proposal=None if chosen is None else cover_of(expected, among, chosen),
            predicted=float(best.values.mean()),
            error=float(best.values.std(ddof=1)),
            worst=np.nan if chosen is None else float(expected[list(chosen)].max(axis=0).min()),
            chance=trained.chance_beside(np.max([move.values for move in possible], axis=0)),
        )

    def _pick(self, possible: Sequence[Move], draws: Array, rows: Rows, *, left: int) -> tuple[int, Move]:
        """The row to train and the move that it belongs to."""
        alone = {move.missing[0]: move for move in possible if len(move.missing) == 1}
        value = self._trained.value

        def first(move: Move) -> int:
            """Of a whole grouping, the group that is worth most without the others."""
            worth = {row: alone[row].values.mean() if row in alone else -np.inf for row in move.missing}
            return max(move.missing, key=lambda row: (worth[row], rows.members[row].sum()))

        if self._trained.choice is None:
            best = min(possible, key=lambda move: (len(move.missing), -move.values.mean()))
            return first(best), best
        adds = [float(np.maximum(move.values - value, 0.0).mean()) / len(move.missing) ** SHARE for move in possible]
        if left == 1:
            best = possible[int(np.argmax(adds))]
            return first(best), best
        scores: dict[int, tuple[float, Move]] = {}
        for move, added in zip(possible, adds, strict=True):
            for row in move.missing:
                if row not in scores or added > scores[row][0]:
                    scores[row] = added, move
        likely = sorted(possible, key=lambda move: -move.values.mean())[: self._effort.proposals]
        whole = [move for move in possible if len(move.missing) > 1 and move not in likely]
        sure = np.full(len(draws), value)
        values = np.column_stack([sure, *(move.values for move in [*likely, *whole])])
        told = {row: knowledge_gradient(draws[:, row][:, rows.members[row]], values) + scores[row][0] for row in scores}
        row = max(told, key=lambda row: told[row])
        return row, scores[row][1]
