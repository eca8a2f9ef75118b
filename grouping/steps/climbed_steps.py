"""The next model where there are too many groups to list: groupings are climbed to in worlds without luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_worlds import worlds_of
from grouping.rows import UNSERVED, Rows
from grouping.steps.candidates import worlds
from grouping.steps.climbing import climb, climb_beside
from grouping.steps.completions import PartitionCompletions
from grouping.steps.step import Step
from grouping.steps.trained_groups import cover_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from affinity.predictors.group_process import GroupProcess
    from affinity.predictors.group_worlds import Worlds
    from grouping.steps.trained_groups import TrainedGroups

    Array = NDArray[np.float64]
    Groupings = NDArray[np.bool_]
    Masks = frozenset[int]

SHARE = {"partition": 0.25, "cover": 0.5}
r"""A grouping that lacks :math:`m` models is worth its improvement over :math:`m` to this power. Hardly any group of a
partition can be used without new others, so that to count per model would never try a new one."""
WORLDS = 16
"""Draws in which groupings are climbed to, beside the posterior mean."""
STARTS = 4
"""Random groupings from which each world is climbed; the best end counts."""
ROOM = 1 << 18
"""Most gains that are compared at a time; with many groups of many tasks fewer draws are looked at."""
RESPONSES = 2
"""Random groups from which a cover's group is climbed to that suits the other ones of the choice."""
KEPT = (1, 2, 3, 5, 9, 17)
"""Changes of the present choice after which it is a proposal; its end is one too."""
DRAWS = 128
"""Joint draws, luck among them, from which improvements are read."""
FILLED = 64
"""Most groups that fill what trained ones leave over."""
WAYS = 20
"""A fiftieth of the ways to leave something over that are looked at."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A grouping and what it would be worth.

    Args:
        groups: Masks of its groups, singles among them.
        missing: Rows of the untrained groups that are looked at.
        values: In every draw, shape ``(D,)``.
    """

    groups: Masks
    missing: tuple[int, ...]
    values: Array


class ClimbedSteps:
    """Groupings that are best in worlds without luck, and changes of the present choice on the way to them.

    A proposal stays one until it is trained, so that a whole grouping is not given up for each new one.

    Args:
        trained: What was trained.
    """

    def __init__(self, trained: TrainedGroups) -> None:
        self._trained = trained
        self._last: Masks | None = None
        self._bits = np.int64(1) << np.arange(len(trained.tasks), dtype=np.int64)

    def next(self, gains: GroupProcess, *, left: int, generator: np.random.Generator) -> Step | None:
        """The group to train next, with ``left`` models to go; None if no grouping needs any."""
        adapters, count = min(self._trained.adapters, len(self._trained.tasks)), len(self._trained.tasks)
        draws = int(np.clip(ROOM // (STARTS * adapters * count**2), 3, WORLDS))
        drawn = worlds_of(gains.posteriors, draws=draws, generator=generator)
        wanted = [self._masks(of) for of in self._climbed(drawn, generator)]
        if self._last is not None:
            wanted.append(self._last)
        if self._trained.mode == "partition":
            wanted += self._filled(drawn)
        elif self._trained.choice is not None:
            wanted += self._responses(drawn, generator)
        return self._best(list(dict.fromkeys(wanted)), gains, left=left, generator=generator)

    def _climbed(self, drawn: Worlds, generator: np.random.Generator) -> Iterator[Groupings]:
        """Proposals, each of shape ``(K, T)``."""
        trained, number = self._trained, len(drawn)
        adapters, count = min(trained.adapters, len(trained.tasks)), len(trained.tasks)
        labels = generator.integers(adapters, size=(STARTS * number, count))
        start = labels[:, None, :] == np.arange(adapters)[:, None]
        found = climb(drawn.at(np.tile(np.arange(number), STARTS)), start, mode=trained.mode)
        best = found.values.reshape(STARTS, number).argmax(axis=0) * number + np.arange(number)
        yield from found.end[best]
        if trained.choice is None:
            return
        now = np.zeros((adapters, count), dtype=np.bool_)
        for row, group in zip(now, trained.choice.groups, strict=False):
            row[[trained.tasks.index(task) for task in group]] = True
        changed = climb(drawn, np.repeat(now[None], number, axis=0), mode=trained.mode)
        for after, groupings in enumerate(changed.path, start=1):
            if after in KEPT:
                yield from groupings
        yield from changed.end

    def _responses(self, drawn: Worlds, generator: np.random.Generator) -> list[Masks]:
        """Covers with one new group beside all others of the choice but one, or beside all if adapters allow."""
        trained, number, count = self._trained, len(drawn), len(self._trained.tasks)
        assert trained.choice is not None
        places, known = trained.rows().places, trained.gains()
        now = [trained.mask(group) for group in trained.choice.groups]
        ways = [[mask for mask in now if mask != out] for out in now]
        if len(now) < trained.adapters:
            ways.append(now)
        found = []
        for way in ways:
            beside = np.full(count, UNSERVED) if not way else known[[places[mask] for mask in way]].max(axis=0)
            sizes = generator.integers(1, count + 1, size=RESPONSES * number)
            start = np.argsort(generator.random((len(sizes), count)), axis=1) < sizes[:, None]
            start |= beside == UNSERVED  # nobody else serves these
            ends = climb_beside(
                drawn.at(np.tile(np.arange(number), RESPONSES)),
                start[:, None, :],
                np.repeat(beside[None], len(sizes), axis=0),
            )
            best = ends.values.reshape(RESPONSES, number).argmax(axis=0) * number + np.arange(number)
            found += [self._masks(end) | frozenset(way) for end in ends.end[best]]
        return found

    def _filled(self, drawn: Worlds) -> list[Masks]:
        """Partitions that lack one group beside trained ones: the best by the posterior mean."""
        rows, known = self._trained.rows(), self._trained.gains()
        totals = np.where(rows.members, known, 0.0).sum(axis=1)
        others = self._trained.adapters - 1
        beside = PartitionCompletions.of(totals, rows.masks, others=others, most=WAYS)
        full = int(self._bits.sum())
        ways = [(full & ~mask, way) for mask, several in beside.ways.items() for way in several]
        ways = [(left, way) for left, way in ways if left.bit_count() > 1 and left not in self._trained.closed]
        if not ways:
            return []
        inside = self._members([left for left, _ in ways]).astype(np.float64)
        mean = drawn.at(np.zeros(1, dtype=np.intp))
        gains = mean.gains(inside.sum(axis=1)[None, :, None], (inside @ mean.partner[0])[None])[0]
        worth = (gains * inside).sum(axis=1) + [totals[list(way)].sum() for _, way in ways]
        best = np.argsort(-worth, kind="stable")[:FILLED]
        return [frozenset([ways[at][0], *(int(rows.masks[row]) for row in ways[at][1])]) for at in best.tolist()]

    def _best(
        self, wanted: list[Masks], gains: GroupProcess, *, left: int, generator: np.random.Generator
    ) -> Step | None:
        """The first group of the proposal that improves most: the largest of those that are expected to serve."""
        trained = self._trained
        rows, known = trained.rows(), trained.gains()
        usable = rows.places
        wanted = [of for of in wanted if all(mask in usable or mask not in trained.closed for mask in of)]
        lacking = [tuple(mask for mask in of if mask not in usable) for of in wanted]
        new = {mask: row for row, mask in enumerate(dict.fromkeys(mask for of in lacking for mask in of))}
        if not new:
            return None
        members = self._members(list(new))
        draws = trained.worth(worlds(gains, members, draws=DRAWS, generator=generator))
        proposals = []
        for groups, missing in zip(wanted, lacking, strict=True):
            if not 0 < len(missing) <= left:
                continue
            old = known[[usable[mask] for mask in groups if mask in usable]].max(axis=0, initial=-np.inf)
            at = tuple(new[mask] for mask in missing)
            proposals.append(Proposal(groups, at, np.maximum(draws[:, list(at)].max(axis=1), old).sum(axis=1)))
        if not proposals:
            return None
        best = max(proposals, key=self._worth)
        self._last = best.groups
        every = Rows(trained.tasks, np.concatenate([rows.members[: rows.shared], members, rows.members[rows.shared :]]))
        expected = np.concatenate([known[: rows.shared], draws.mean(axis=0), known[rows.shared :]])
        chosen = tuple(every.places[mask] for mask in best.groups)
        serving = {chosen[place] - rows.shared for place in expected[list(chosen)].argmax(axis=0).tolist()}
        row = max(best.missing, key=lambda row: (row in serving, members[row].sum()))
        return Step(
            group=every.group(rows.shared + row),
            proposal=cover_of(expected, every, chosen),
            predicted=float(best.values.mean()),
            error=float(best.values.std(ddof=1)),
            worst=float(expected[list(chosen)].max(axis=0).min()),
            chance=trained.chance_beside(np.max([of.values for of in proposals], axis=0)),
        )

    def _worth(self, proposal: Proposal) -> tuple[int, float]:
        """Expected improvement, shared by a power of the models that it takes; without a choice first the models."""
        missing = len(proposal.missing)
        if self._trained.choice is None:
            return -missing, float(proposal.values.mean())
        more = float(np.maximum(proposal.values - self._trained.value, 0.0).mean())
        return 0, more / missing ** SHARE[self._trained.mode]

    def _masks(self, grouping: Groupings) -> Masks:
        return frozenset(int(mask) for mask in grouping.astype(np.int64) @ self._bits if mask)

    def _members(self, masks: list[int]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (np.array(masks, dtype=np.int64)[:, None] & self._bits) != 0
        return found
