r"""Task complementarity: what a group gives beyond what its pairs say, and what a task gives to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affinity.factors.estimate import Estimate, estimate, of_one_run
from affinity.factors.pairs import Pairs, parts
from affinity.gains import Group, MeasuredGroup


@dataclass(frozen=True)
class Excess:
    r"""A group of three or more against the mean of its pairs.

    .. math:: excess = \frac{1}{M} \sum_t \Big( gain_t(S) - \frac{1}{|S| - 1} \sum_{s \in S, s \ne t} A_{s \to t} \Big)

    over its ``M`` members that can be interpreted. No unit; above 0 the group gives more than its pairs say, 0: just
    what they say. The references fall out; the runs of the group and of its pairs and the held-out samples make the
    error, and what the members of a run may share is counted in full.

    Args:
        group: Its members.
        measured: Mean measured gain.
        predicted: Mean of the members' mean pair gains.
        excess: ``measured - predicted``.
    """

    group: Group
    measured: float
    predicted: float
    excess: Estimate


@dataclass(frozen=True)
class Giver:
    r"""A task as a source.

    Args:
        task: The source ``s``.
        targets: Targets ``k`` it was measured with.
        gives: :math:`\frac{1}{k} \sum_t A_{s \to t}`, the mean gain of the others in a pair with it; no unit, above 0
            it is a good partner, below 0 it brings negative transfer. Every pair has its own run and every target its
            own reference and examples, so their error variances add up.
    """

    task: str
    targets: int
    gives: Estimate


@dataclass(frozen=True)
class Complementarity:
    """What partners give each other.

    Groups that a search trained were picked because their pairs looked good, and pairs that look good were partly
    lucky: such groups are expected a little below 0.

    Args:
        groups: Every group of three or more whose pairs were all measured, small ones first.
        excess: Mean of their excesses, with what they have in common counted; None without such a group.
        sources: Every task that was a source, the best partner first.

    Source: Akli et al., 2026, https://arxiv.org/abs/2603.09978, find that groups pay whose tasks complement each other.
    The mean of pairs as the yardstick is that of Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553; the
    difference and its error are ours.
    """

    groups: tuple[Excess, ...]
    excess: Estimate | None
    sources: tuple[Giver, ...]


def complementarity(pairs: Pairs, measured: Mapping[Group, MeasuredGroup]) -> Complementarity:
    """Groups against their pairs, and tasks as sources.

    Args:
        pairs: Measured pairs; a target without gains in them counts for nothing.
        measured: All measured groups, on the same references and held-out examples as the pairs.
    """
    larger = [of for of in measured.values() if len(of.group) > 2 and _known(pairs, of)]
    larger.sort(key=lambda of: (len(of.group), of.group))
    sources = sorted(_givers(pairs), key=lambda giver: (-giver.gives.value, giver.task))
    return Complementarity(
        groups=tuple(_against_pairs([of], pairs) for of in larger),
        excess=_against_pairs(larger, pairs).excess if larger else None,
        sources=tuple(sources),
    )


def _givers(pairs: Pairs) -> list[Giver]:
    found = []
    for s, name in enumerate(pairs.tasks):
        known = pairs.known[s]
        count = int(known.sum())
        if count:
            variance = float(pairs.variance[s, known].sum()) / count**2
            gives = estimate(float(pairs.score[s, known].mean()), variance, float(pairs.freedom[s, known].min()))
            found.append(Giver(name, count, gives))
    return found


def _targets(pairs: Pairs, of: MeasuredGroup) -> list[int]:
    """Members, by their place in the group, that are targets of a pair at all."""
    return [m for m, name in enumerate(of.group) if pairs.known[:, pairs.tasks.index(name)].any()]


def _known(pairs: Pairs, of: MeasuredGroup) -> bool:
    """Whether a member can be interpreted, and every pair with such a member was measured."""
    if not set(of.group) <= set(pairs.tasks):
        return False
    places = [pairs.tasks.index(name) for name in of.group]
    targets = _targets(pairs, of)
    return bool(targets) and all(pairs.known[s, places[m]] for m in targets for s in places if s != places[m])


def _against_pairs(groups: Sequence[MeasuredGroup], pairs: Pairs) -> Excess:
    """The mean excess of some groups; the names are those of the first."""
    count = len(pairs.tasks)
    weights = np.zeros((count, count))  # of the pair gains, sources by targets
    shared = np.zeros(count)  # what is left of every reference's error
    variance, measured, freedom = 0.0, 0.0, np.inf
    for of in groups:
        places = np.array([pairs.tasks.index(name) for name in of.group])
        weight = np.zeros(len(places))
        weight[_targets(pairs, of)] = 1.0
        weight /= weight.sum() * len(groups)
        run, sample, reference = parts(of)
        measured += float(weight @ of.gain)
        variance += float(of_one_run(weight * run)) + float(np.sum((weight * sample) ** 2))
        shared[places] += weight * reference
        freedom = min(freedom, float(of.gain_freedom[weight > 0].min()))
        spread = np.tile(weight / (len(places) - 1), (len(places), 1))
        np.fill_diagonal(spread, 0.0)
        weights[np.ix_(places, places)] += spread

    used = weights > 0
    errors = (pairs.run, pairs.sample, pairs.reference)
    run, sample, reference = (np.where(used, weights * error, 0.0) for error in errors)
    upper = np.triu_indices(count, 1)
    variance += float(of_one_run(np.stack([run[upper], run.T[upper]], axis=-1)).sum()) + float(np.sum(sample**2))
    variance += float(np.sum((shared - reference.sum(axis=0)) ** 2))
    predicted = float(np.sum(weights[used] * pairs.score[used]))
    freedom = min(freedom, float(pairs.freedom[used].min()))
    return Excess(groups[0].group, measured, predicted, estimate(measured - predicted, variance, freedom))
