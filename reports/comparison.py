"""Two runs side by side, as plain records: what :mod:`reports.compared_tables` and the page are made of.

What two runs have of the same kind is a :class:`~affinity.both.Both`, and every difference is ``b`` minus ``a``: the
record of the runs in the other order is the same with both turned.
"""

from dataclasses import asdict, dataclass
from typing import Any

from affinity.both import Both, Difference
from affinity.concordance import Concordance
from grouping.company import Likeness
from grouping.cross_value import Valued
from grouping.partition import Group
from trainers.cost import Cost

TESTS = ", its test examples"
"""How the field of a data set ends where its test examples differ too."""
GIVEN, PROBED, RECOMMENDED = "given", "affinities", "recommendation"
"""What a run is: of a given grouping, of affinities alone, or the whole way."""


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """One of the two runs."""

    name: str
    """What it is called: as much of its folder's path as tells the two apart."""
    path: str
    """Its folder."""
    kind: str
    """:data:`GIVEN`, :data:`PROBED` or :data:`RECOMMENDED`."""
    complete: bool
    """False for the answer so far of a run that has not ended, or that a limit has ended."""
    base_model: str
    """Its base model; empty where the folder does not say."""
    method: str
    """The method's name; empty where the folder does not say."""
    affinities: bool
    """Whether it has any."""
    estimator: str
    """Where they come from; empty without any, or where the folder does not say."""
    seed: int | None
    """Of the suite; None where the folder does not say."""
    verdict: str
    """On test, of its grouping; empty without one."""


@dataclass(frozen=True, kw_only=True)
class TaskSets:
    """Tasks of the two runs, sorted."""

    shared: Group
    """Of both."""
    only: Both[Group]
    """Of one alone."""
    not_learnable: Group
    """Shared ones that a run could not learn at its budget: their affinities count for nothing."""
    left_out: Group
    """Shared ones of which a run could measure nothing: they stand in no comparison of groupings."""


@dataclass(frozen=True, kw_only=True)
class Groupings:
    """What the two runs recommend."""

    groups: Both[tuple[Group, ...]]
    """The answers: every task alone after a refutation."""
    proposed: Both[tuple[Group, ...] | None]
    """What was refuted; None otherwise."""
    likeness: Likeness
    """Of the answers, over the tasks that both have."""
    judged_by: Both[Both[Valued]]
    """By whose measurements, then of whose answer."""


@dataclass(frozen=True, kw_only=True)
class TaskSide:
    """One task in one run; scores in the metric's own unit, changes and margin in points, all None if not measured."""

    metric: str
    """Of the task."""
    single: float | None
    """Score on test, alone."""
    grouped: float | None
    """Score on test in the group that was tested."""
    delta: float | None
    """Change of the metric in its group."""
    low: float | None
    """Lower end of the change's 95 % interval."""
    high: float | None
    """Upper end."""
    margin: float | None
    """Points that may be lost."""
    verdict: str
    """On the task."""


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """One shared task in both runs."""

    task: str
    """Its name."""
    sides: Both[TaskSide]
    """What each run has of it."""
    comparable: bool
    """Whether scores are of one metric on the same test examples, so that their difference means something."""
    why_not: str
    """Why they are not comparable; empty if they are."""
    alone: float | None
    """Points by which ``b`` is better than ``a`` where the task is trained alone; None if not comparable."""
    served: float | None
    """The same in the answer: alone after a refutation, else in its group."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Which run's answer is better, as far as that can be told."""

    tasks: int
    """Shared tasks with comparable scores."""
    served: Difference | None
    """Mean over them of the points by which ``b`` serves them better; its interval is over tasks. None without any."""
    higher: Both[int]
    """Of these tasks, how many each run serves better."""
    gain: Both[Valued]
    """Mean gain of each run's tested grouping over its tasks alone, on its own test data."""
    gain_difference: Difference | None
    """Of these; None unless both were measured on the same tasks."""
    better: str
    """``a``, ``b``, ``equal``, ``undecided``, or ``not compared``: nothing comparable was measured on test."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What the two runs took, and what their answers take."""

    phases: dict[str, Both[Cost | None]]
    """By phase; those that neither run had are left out."""
    adapters: Both[int | None]
    """Of the answer, without tasks that could not be measured."""
    stored: Both[int | None]
    """Bytes of the answer's adapters, without heads."""
    finding: Both[float | None]
    """FLOPs of finding the answer: probe runs, search and other forms, without what proved it; of probe runs alone
    where a run has nothing else."""
    cheaper: str
    """``a`` or ``b`` if it has no more adapters, no more bytes and needed no more ``finding``, and less of one of
    these; ``equal`` if all are the same, computation within 5 %; ``mixed`` otherwise; ``not compared`` if nothing is
    known, a run has not ended, or the runs have other tasks."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Something that differs between the runs."""

    area: str
    """``settings``, ``data``, ``versions`` or ``machine``."""
    field: str
    """Dotted field or name."""
    value: Both[str]
    """As each run has it."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two runs side by side."""

    runs: Both[RunFacts]
    """The runs."""
    tasks: TaskSets
    """Their tasks."""
    affinities: Concordance | None
    """Do they agree who helps whom? None where a run has no affinities, or the runs share fewer than two of these
    tasks."""
    groupings: Groupings | None
    """Do they recommend the same? None where a run recommends nothing."""
    per_task: tuple[TaskRow, ...]
    """Shared tasks; empty where a run has no recommendation."""
    standing: Standing
    """Which is better."""
    costs: Costs
    """Which is cheaper."""
    differing: tuple[Setting, ...]
    """Settings, data, versions and machines, where they differ."""
    unknown: Group
    """Areas of ``differing`` that a run's folder says nothing of."""

    def to_dict(self) -> dict[str, Any]:
        """The object of ``--json``."""
        return {"schema": 1, **asdict(self)}
