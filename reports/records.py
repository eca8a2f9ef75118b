"""What ``recommendation.json`` and ``evidence.json`` hold, typed; a missing measurement is None."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from affinity.factors import Factors
from reports.trust import Account, ApartPair, Calibrated, Stable
from reports.values import CONFIG
from reports.values import Group as Group
from reports.values import Measured as Measured
from trainers.cost import Cost

GIVEN = "given"
"""Objective of a grouping that was validated without probe runs: there is no affinity matrix then."""


@dataclass(config=CONFIG)
class Objective:
    """What the grouping was chosen for; the name :data:`GIVEN` says that a user gave it."""

    name: str = ""
    max_adapters: int | None = None
    confidence: Measured = None


@dataclass(config=CONFIG)
class Outcome:
    """One task under the tested grouping.

    Scores in the metric's own unit; delta, low, high, margin and detectable in points.
    """

    metric: str = ""
    single: Measured = None
    grouped: Measured = None
    prior: Measured = None
    delta: Measured = None
    low: Measured = None
    high: Measured = None
    margin: Measured = None
    gain: Measured = None
    predicted: Measured = None
    predicted_error: Measured = None
    detectable: Measured = None
    p_superior_holm: Measured = None
    verdict: str = "not validated"
    reason: str = ""


@dataclass(config=CONFIG)
class Served:
    """One task under a baseline."""

    score: Measured = None
    delta: Measured = None
    low: Measured = None
    high: Measured = None
    gain: Measured = None


@dataclass(config=CONFIG)
class Baseline:
    """A grouping that was measured on test, over all tasks; ``flops`` are those of training every group once."""

    groups: tuple[Group, ...] = ()
    adapters: int | None = None
    mean_gain: Measured = None
    mean_gain_low: Measured = None
    mean_gain_high: Measured = None
    mean_delta: Measured = None
    worst_delta: Measured = None
    flops: Measured = None
    tasks: Mapping[str, Served] = Field(default_factory=dict)


@dataclass(config=CONFIG)
class Spent:
    """Work by phase; ``pairs_reference`` is what training every single and every pair costs.

    ``pairs_reference_modelled`` says that the pairs were not trained, so that their cost is worked out, and
    ``settling_hours`` what deciding an undecided task takes, by more ``examples`` or by more ``seeds``.
    """

    probe: Cost | None = None
    search: Cost | None = None
    validation: Cost | None = None
    reruns: Cost | None = None
    equal_sizes: Cost | None = None
    forms: Cost | None = None
    total: Cost | None = None
    pairs_reference: Cost | None = None
    pairs_reference_modelled: bool = False
    wall_seconds: Measured = None
    account: Account | None = None
    settling_hours: Mapping[str, Mapping[str, Measured]] = Field(default_factory=dict)


@dataclass(config=CONFIG)
class Affinities:
    """Where affinities came from: an estimator, and the pairs that were trained, of ``pairs`` in all."""

    estimator: str = ""
    pairs: int = 0
    trained_pairs: tuple[Group, ...] = ()


@dataclass(config=CONFIG)
class EqualSize:
    """A losing pair, trained again with the source cut to the target's size; gains of the target."""

    source: str
    target: str
    source_examples: int
    target_examples: int
    before: Measured = None
    before_error: Measured = None
    after: Measured = None
    after_error: Measured = None
    change: Measured = None
    change_error: Measured = None
    change_low: Measured = None
    change_high: Measured = None
    verdict: str = ""
    reason: str = ""
    short: Measured = None
    seeds: int = 0


@dataclass(config=CONFIG)
class Comparison:
    """By how much the choice's mean gain is above another grouping's; the p value of "it is no better" after Holm."""

    gain: Measured = None
    low: Measured = None
    high: Measured = None
    p_superior_holm: Measured = None


@dataclass(config=CONFIG)
class Look:
    """A look at test that was planned: runs of every group by then, and the confidence of its intervals if all noise
    is of runs."""

    seeds: int
    confidence: float


@dataclass(config=CONFIG)
class TakenLook:
    """A look that was taken: runs of the choice's groups, and the verdict."""

    seeds: Mapping[str, int] = Field(default_factory=dict)
    verdict: str = ""


@dataclass(config=CONFIG)
class Looks:
    """Planned and taken looks at test."""

    planned: tuple[Look, ...] = ()
    taken: tuple[TakenLook, ...] = ()


@dataclass(config=CONFIG)
class Stopped:
    """The limit that ended a command, ``time`` or ``jobs``, and what was done last by then."""

    by: str = ""
    after: str = ""


@dataclass(config=CONFIG)
class Recommendation:
    """The answer: ``groups``; after a refutation they are singles and ``proposed`` is what was refuted.

    ``left_out`` says of tasks why nothing could be measured of them, ``forms`` of shared groups, by name, in which form
    they were tested, where others than one shared adapter were tried. Of a run in progress, and of one that a limit has
    ended, it is the answer so far, and not ``complete``. Of a ``smoke`` run, the verdict says nothing of the tasks.
    """

    groups: tuple[Annotated[Group, Field(min_length=1)], ...]
    tasks: Mapping[str, Outcome]
    verdict: str
    served_by: Mapping[str, int] = Field(default_factory=dict)
    proposed: tuple[Group, ...] | None = None
    objective: Objective = Field(default_factory=Objective)
    baselines: Mapping[str, Baseline | None] = Field(default_factory=dict)
    reason: str = ""
    validated: bool = False
    complete: bool = True
    smoke: bool = False
    stopped: Stopped | None = None
    test_openings: int = 0
    learnable: Mapping[str, bool] = Field(default_factory=dict)
    left_out: Mapping[str, str] = Field(default_factory=dict)
    affinities: Affinities | None = None
    equal_sizes: tuple[EqualSize, ...] | None = None
    comparisons: Mapping[str, Comparison] = Field(default_factory=dict)
    looks: Looks | None = None
    probability_best: Measured = None
    calibration: Calibrated | None = None
    apart: tuple[ApartPair, ...] = ()
    stability: Stable | None = None
    forms: Mapping[str, Mapping[str, Any]] | None = None
    cost: Spent = Field(default_factory=Spent)

    @property
    def tested(self) -> tuple[Group, ...]:
        """The grouping that the measurements are about: the refuted one after a refutation, else the answer."""
        return self.proposed or self.groups

    @property
    def confirmed(self) -> bool:
        """Whether test data support the tested grouping."""
        return self.verdict == "confirmed"


@dataclass(config=CONFIG)
class Curve:
    """Stop-half losses of one task in one run; ``chosen`` is the index of the point that was read."""

    seed: int
    grid: tuple[float, ...]
    stop: tuple[Measured, ...]
    chosen: int


@dataclass(config=CONFIG)
class GroupGains:
    """One trained group: what was measured, and what had been predicted before. By member."""

    group: Group
    phase: str = ""
    seeds: int | None = None
    gain: Mapping[str, Measured] = Field(default_factory=dict)
    gain_error: Mapping[str, Measured] = Field(default_factory=dict)
    delta: Mapping[str, Measured] = Field(default_factory=dict)
    delta_error: Mapping[str, Measured] = Field(default_factory=dict)
    predicted: Mapping[str, Measured] | None = None
    predicted_error: Mapping[str, Measured] | None = None


@dataclass(config=CONFIG)
class Proposal:
    """A grouping that was considered; mean gain and worst task on the select half."""

    groups: tuple[Group, ...]
    adapters: int
    helpers: tuple[tuple[str, ...], ...] = ()
    """Tasks that each group was trained with and does not serve; empty where none has any."""
    mean_gain: Measured = None
    error: Measured = None
    worst: Measured = None
    trained: bool = False
    chosen: bool = False
    kind: str = "proposal"


@dataclass(config=CONFIG)
class Matching:
    """A pair's gain against the equally short single, and against the step-matched reference."""

    target: str
    source: str
    against_equal_passes: Measured = None
    against_reference: Measured = None
    error: Measured = None


@dataclass(config=CONFIG)
class Control:
    """A measured or predicted affinity from a source that cannot help, with its one-sided p-value, also after Holm."""

    source: str
    target: str
    score: Measured = None
    error: Measured = None
    p: Measured = None
    p_holm: Measured = None
    measured: bool = True


@dataclass(config=CONFIG)
class WeightShare:
    """Share of the steps that an aggregator gave a member of a group: mean, and extremes over parts of the curve."""

    group: Group
    task: str
    share: Measured = None
    least: Measured = None
    most: Measured = None


@dataclass(config=CONFIG)
class FormTried:
    """One group in one form, on the select half; gains against references, and over the shared form."""

    group: Group
    form: str
    seeds: int = 0
    mean_gain: Measured = None
    mean_gain_low: Measured = None
    mean_gain_high: Measured = None
    over_shared: Measured = None
    over_shared_low: Measured = None
    over_shared_high: Measured = None
    keeps_margins: bool = False
    trains: bool = True
    trained_weights: int | None = None
    adapters: int = 1
    stored_bytes: int | None = None
    cost: Cost | None = None
    chosen: bool = False
    reason: str = ""


@dataclass(config=CONFIG)
class EarlyLook:
    """What looks at groups before they were trained to the end told, and what they saved."""

    passes: Measured = None
    of_passes: int = 0
    looked: int = 0
    stopped: tuple[Group, ...] = ()
    tokens_saved: int = 0
    tokens_whole: int = 0
    members: int = 0
    slope: Measured = None
    slope_error: Measured = None
    spread: Measured = None
    correlation: Measured = None


@dataclass(config=CONFIG)
class Evidence:
    """What the report draws beyond the matrix and the answer."""

    base_model: Any = ""
    estimator: str = ""
    method: Mapping[str, Any] = Field(default_factory=dict)
    training: Mapping[str, Any] = Field(default_factory=dict)
    command: str = ""
    versions: Mapping[str, Any] = Field(default_factory=dict)
    seeds: Any = None
    curves: Mapping[str, Mapping[str, tuple[Curve, ...]]] = Field(default_factory=dict)
    measured: tuple[GroupGains, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    step_matching: tuple[Matching, ...] = ()
    controls: tuple[Control, ...] = ()
    weight_shares: tuple[WeightShare, ...] = ()
    forms: tuple[FormTried, ...] = ()
    audit: Mapping[str, Any] | None = None
    factors: Factors | None = None
    calibration: Calibrated | None = None
    early: EarlyLook | None = None
