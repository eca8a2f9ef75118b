"""What two runs recommend, and what each one's measurements say of the other's answer."""

from collections.abc import Iterator, Sequence

from affinity.both import Both
from affinity.pair_differences import NORMAL
from cotrain.compared_run import ComparedRun
from grouping.company import likeness
from grouping.cross_value import MISSING, PREDICTED, SELECT, TEST, GroupGain, Valued, value_of
from grouping.partition import Group, Partition
from reports.comparison import Groupings
from reports.origin import origin
from reports.records import Recommendation

VALIDATION = "validation"
"""Phase whose gains are of test; those of all others are of the select half."""


def compare_groups(a: ComparedRun, b: ComparedRun) -> Groupings | None:
    """None where a run recommends nothing."""
    if a.recommendation is None or b.recommendation is None:
        return None
    one, other = a.recommendation, b.recommendation
    groups = Both(_sorted(one.groups), _sorted(other.groups))
    left_out = {*one.left_out, *other.left_out}
    held = {task for group in groups.a for task in group} & {task for group in groups.b for task in group}
    return Groupings(
        groups=groups,
        proposed=Both(_proposed(one), _proposed(other)),
        likeness=likeness(groups.a, groups.b, among=held - left_out),
        judged_by=Both(*(Both(*(judged(judge, of) for of in (one, other))) for judge in (a, b))),
    )


def judged(judge: ComparedRun, of: Recommendation) -> Valued:
    """What a run says of an answer: its verdict on test if that grouping was opened there, then the select half.

    Tasks that stand alone in the answer and that the judge lacks gain nothing and are left aside.
    """
    assert judge.recommendation is not None
    known = _measured_tasks(judge.recommendation)
    groups = _known(of.groups, known)
    whole = {task for group in groups for task in group} == known
    if whole and any(len(group) > 1 for group in groups):
        for found in (_on_test(judge, groups, known), _considered(judge, groups, known)):
            if found is not None:
                return found
    lacking = tuple(group for group in groups if not set(group) <= known)
    if lacking:
        return Valued(MISSING, missing=lacking)
    return value_of(groups, group_gains(judge))


def group_gains(of: ComparedRun) -> dict[frozenset[str], GroupGain]:
    """What a run measured of groups on the select half; of pairs that it did not train, what its affinities say."""
    found = dict(_pairs(of))
    for entry in of.evidence.measured if of.evidence is not None else ():
        gains = {task: gain for task in entry.group if (gain := entry.gain.get(task)) is not None}
        if entry.phase != VALIDATION and len(gains) == len(entry.group):
            errors = {task: entry.gain_error.get(task) for task in entry.group}
            found[frozenset(entry.group)] = GroupGain(gains, errors)
    return found


def _pairs(of: ComparedRun) -> Iterator[tuple[frozenset[str], GroupGain]]:
    matrix = of.matrix
    source = origin(matrix.estimator if matrix is not None else "")
    if matrix is None or not source.gains:
        return
    for i, one in enumerate(matrix.tasks):
        for other in matrix.tasks[i + 1 :]:
            pair = ((other, one), (one, other))  # source, target
            gains = {target: matrix[source, target] for source, target in pair}
            errors = {target: matrix.error(source, target) for source, target in pair}
            known = {target: None if error != error else error for target, error in errors.items()}
            yield frozenset((one, other)), GroupGain(gains, known, predicted=not source.measured)


def _measured_tasks(of: Recommendation) -> set[str]:
    return {task for group in of.tested for task in group} - set(of.left_out)


def _known(groups: Sequence[Group], known: set[str]) -> tuple[Group, ...]:
    """The groups without tasks alone that a run does not know."""
    return tuple(group for group in _sorted(groups) if len(group) > 1 or group[0] in known)


def _on_test(judge: ComparedRun, groups: tuple[Group, ...], known: set[str]) -> Valued | None:
    assert judge.recommendation is not None
    for of in judge.recommendation.baselines.values():
        if of is not None and of.mean_gain is not None and _known(of.groups, known) == groups:
            return Valued(TEST, of.mean_gain, of.mean_gain_low, of.mean_gain_high)
    return None


def _considered(judge: ComparedRun, groups: tuple[Group, ...], known: set[str]) -> Valued | None:
    """Of the groupings that its search considered; those whose groups were all trained are measured."""
    for of in judge.evidence.proposals if judge.evidence is not None else ():
        if of.mean_gain is not None and _known(of.groups, known) == groups:
            basis = SELECT if of.trained else PREDICTED
            if of.error is None:
                return Valued(basis, of.mean_gain)
            half = NORMAL * of.error
            return Valued(basis, of.mean_gain, of.mean_gain - half, of.mean_gain + half)
    return None


def _sorted(groups: Sequence[Group]) -> tuple[Group, ...]:
    return Partition.of(group for group in groups if group).groups


def _proposed(of: Recommendation) -> tuple[Group, ...] | None:
    return None if of.proposed is None else _sorted(of.proposed)
