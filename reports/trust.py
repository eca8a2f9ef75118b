"""What ``recommendation.json`` holds of how far it can be trusted: costs against savings, reruns, forecasts, and why
pairs are apart; typed."""

from collections.abc import Mapping

from pydantic import Field
from pydantic.dataclasses import dataclass

from reports.values import CONFIG, Group, Measured
from trainers.cost import Cost


@dataclass(config=CONFIG)
class Even:
    """As :class:`grouping.break_even.BreakEven`; work in FLOPs, or in hours where a plan has it."""

    tasks: int
    adapters: int
    asking: float
    alone: float
    answer: float
    trained: bool
    times: float
    behind: float
    saved_by_retraining: float
    saved_by_text: float
    retrainings: Measured = None
    texts: Measured = None
    stored: int = 0
    stored_alone: int = 0


@dataclass(config=CONFIG)
class Account:
    """As :func:`cotrain.accounting.account` gives it."""

    break_even: Even
    proposals: Cost | None = None
    failed: Cost | None = None
    alone: Cost | None = None
    answer: Cost | None = None
    tokens_per_text: Measured = None


@dataclass(config=CONFIG)
class Ends:
    """An estimate with its interval."""

    low: float
    high: float
    value: Measured = None
    mean: Measured = None


@dataclass(config=CONFIG)
class Covered:
    """How often predictive intervals of a level held, with a binomial interval."""

    level: float
    held: int
    share: float
    low: float
    high: float


@dataclass(config=CONFIG)
class Forecasted:
    """As :class:`affinity.calibration.Calibration`."""

    points: int
    groups: int
    bias: str
    mean_standardised: Measured = None
    spread_standardised: Measured = None
    coverage: tuple[Covered, ...] = ()
    mean_error: Ends | None = None
    centre: Measured = None
    level: Ends | None = None
    intercept: Measured = None
    slope: Ends | None = None
    correction: Mapping[str, float] | None = None


@dataclass(config=CONFIG)
class Calibrated:
    """As :func:`cotrain.calibrating.calibration` gives it."""

    forecasts: Forecasted | None = None
    corrected: Forecasted | None = None
    choice: Forecasted | None = None
    applied: Mapping[str, float] | None = None
    earlier: tuple[str, ...] = ()
    left_out: Mapping[str, str] = Field(default_factory=dict)


@dataclass(config=CONFIG)
class ApartPair:
    """Why a pair does not share an adapter; as :class:`grouping.apart.Apart`, with its sentence."""

    pair: Group
    reason: str
    sentence: str
    clear: Measured = None


@dataclass(config=CONFIG)
class RunGroups:
    """One run's grouping and what it is worth; as :class:`grouping.stability.RunChoice`."""

    seed: int
    groups: tuple[Group, ...]
    adapters: int
    rand: float
    own: Ends
    others: Ends
    behind: Ends


@dataclass(config=CONFIG)
class Stable:
    """As :class:`grouping.stability.Stability`; without reruns that were finished, only how many were asked for."""

    wanted: int = 0
    done: int = 0
    tasks: Group = ()
    runs: tuple[RunGroups, ...] = ()
    mean_rand: Measured = None
    together: tuple[tuple[Measured, ...], ...] = ()
