"""What the best grouping is: the most gain for so many adapters, or the fewest adapters that cost no task too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol

import numpy as np
from pydantic import ConfigDict, Field
from pydantic import dataclasses as pydantic

from grouping.byte_count import ByteCount
from grouping.constraints import Constraints
from tasks.errors import InputError
from trainers.forms import AnyForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Objective(Protocol):
    """Which groups are admissible, and which number of groups is best once each number's best partition is known."""

    @property
    def name(self) -> str:
        """As in the suite file."""
        ...

    @property
    def max_adapters(self) -> int | None:
        """The most groups that a partition may have, or None for as many as there are tasks."""
        ...

    @property
    def has_floors(self) -> bool:
        """Whether :meth:`shortfall` reads deltas."""
        ...

    @property
    def adapter_price(self) -> float:
        """Mean gain that one adapter less is worth; ranks partitions in a single number."""
        ...

    @property
    def weights(self) -> Mapping[str, float]:
        """How much each task's gain counts in the mean; 1 where a task is not named."""
        ...

    def shortfall(
        self, deltas: NDArray[np.float64], errors: NDArray[np.float64], tasks: Sequence[str]
    ) -> NDArray[np.float64]:
        """By how many points groups fall below what they must keep; 0 or less is admissible.

        Args:
            deltas: Change of each member's metric in points, shape ``(..., T)``, NaN where a task is no member.
            errors: Their standard errors, of a shape that broadcasts; 0 takes the deltas as they are.

        Returns:
            The worst member's shortfall, shape ``(...)``; ``-inf`` for an objective without floors.
        """
        ...

    def pick(self, values: NDArray[np.float64]) -> int | None:
        """The number of groups to take, or None where no partition is admissible.

        Args:
            values: The best sum of gains with ``k`` groups at index ``k - 1``, shape ``(K,)``; ``-inf`` where none is
                admissible.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class BestGain:
    """The highest mean gain with at most ``max_adapters`` groups; of equal gains the fewest adapters."""

    max_adapters: int | None = None
    """The most groups, or None for as many as there are tasks."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """How much each task's gain counts in the mean; 1 where a task is not named."""
    name: ClassVar[str] = "best_gain"
    has_floors: ClassVar[bool] = False
    adapter_price: ClassVar[float] = 0.0

    def shortfall(
        self, deltas: NDArray[np.float64], errors: NDArray[np.float64], tasks: Sequence[str]
    ) -> NDArray[np.float64]:
        """No floors: every group is admissible."""
        return np.full(deltas.shape[:-1], -np.inf)

    def pick(self, values: NDArray[np.float64]) -> int | None:
        """The number of groups with the highest sum."""
        best = int(np.argmax(values))
        return None if values[best] == -np.inf else best + 1


@dataclass(frozen=True, kw_only=True)
class FewestAdapters:
    """As few groups as possible such that no task falls more than its margin below its single-task reference.

    A group is admissible if for each member the lower end of the delta's two-sided interval is not below minus the
    margin: the same non-inferiority that the verdict asks for on test. Of equally few groups, the highest mean gain.
    """

    margins: Mapping[str, float]
    """Points of its metric that each task may lose."""
    max_adapters: int | None = None
    """The most groups, or None for as many as there are tasks."""
    confidence: float = 0.95
    """Of the two-sided interval of delta."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """How much each task's gain counts, of equally few groups; 1 where a task is not named."""
    name: ClassVar[str] = "fewest_adapters"
    has_floors: ClassVar[bool] = True
    adapter_price: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"Expected a confidence between 0 and 1, but got {self.confidence}.")

    def shortfall(
        self, deltas: NDArray[np.float64], errors: NDArray[np.float64], tasks: Sequence[str]
    ) -> NDArray[np.float64]:
        """``max over members of (-margin - (delta - z error))``, ``z`` the normal quantile of the interval."""
        margins = np.array([self.margins[task] for task in tasks])  # shape: (T,)
        z = NormalDist().inv_cdf(0.5 + self.confidence / 2)
        below = -margins - (deltas - z * errors)
        worst: NDArray[np.float64] = np.where(np.isnan(below), -np.inf, below).max(axis=-1)
        return worst

    def pick(self, values: NDArray[np.float64]) -> int | None:
        """The smallest admissible number of groups."""
        admissible = np.flatnonzero(values > -np.inf)
        return int(admissible[0]) + 1 if len(admissible) else None


@pydantic.dataclass(frozen=True, kw_only=True, config=ConfigDict(use_attribute_docstrings=True, extra="forbid"))
class Grouping:
    """The ``grouping:`` field of a suite file."""

    objective: Literal["best_gain", "fewest_adapters"] = "best_gain"
    """`best_gain`: the highest mean gain with at most `max_adapters`; `fewest_adapters`: as few adapters as possible
    such that no task loses more than its margin."""
    max_adapters: Annotated[int, Field(ge=1)] | None = None
    """The most adapters, or null for as many as there are tasks."""
    mode: Literal["partition", "cover"] = "partition"
    """`partition`: every task is in exactly one group. `cover`: groups may overlap: each task is served by one group,
    and others of two tasks or more may be trained with its help. Tasks that are kept `apart` do not help each other;
    the other rules say who is served with whom."""
    together: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = ()
    """Lists of tasks that must share an adapter."""
    apart: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = ()
    """Lists of tasks of which no two may share an adapter."""
    alone: tuple[str, ...] = ()
    """Tasks that keep an adapter of their own."""
    max_tasks: Annotated[int, Field(ge=1)] | None = None
    """The most tasks that one adapter may serve, or null for no limit."""
    max_bytes: ByteCount | None = None
    """The most bytes that the trained weights of all adapters may take together, heads apart: a number, or a text such
    as `2MB`; null for no limit."""
    weights: Mapping[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] | Literal["margins"] | None = None
    """How much each task's gain counts when groupings are compared, 1 where a task is not named; `margins` counts each
    in units of its margin. Null counts all once, as the means that are reported do in any case."""
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Of the two-sided interval by which `fewest_adapters` holds a task's loss against its margin."""
    forms: tuple[AnyForm, ...] = ()
    """Other forms in which the chosen groups are made too, and judged on the select half: `private`, a small adapter of
    each task beside the shared one; `mean`, `ties`, `dare`, merged from the tasks' own adapters without training;
    `equal`, `temperature`, other shares of the batches; `weighted`, the loss of one member times 3, of each in turn.
    Names, or settings such as `{name: private, rank: 4}`."""

    def to_objective(self, margins: Mapping[str, float]) -> Objective:
        """The objective; ``margins`` are the points of its metric that each task may lose.

        Raises:
            InputError: If gains count in margins, and one is 0.
        """
        weights = self._weights(margins)
        if self.objective == "best_gain":
            return BestGain(max_adapters=self.max_adapters, weights=weights)
        return FewestAdapters(
            margins=margins, max_adapters=self.max_adapters, confidence=self.confidence, weights=weights
        )

    def _weights(self, margins: Mapping[str, float]) -> Mapping[str, float]:
        if self.weights != "margins":
            return self.weights or {}
        for task, margin in margins.items():
            if not margin > 0:
                raise InputError(
                    f"task `{task}` has a margin of {margin:g}, in which no gain counts; give it a larger one, or "
                    "give `weights` by task",
                    place="grouping.weights",
                )
        return {task: 1 / margin for task, margin in margins.items()}

    def to_constraints(self) -> Constraints:
        """The rules that every group must meet."""
        return Constraints.of(together=self.together, apart=self.apart, alone=self.alone, max_tasks=self.max_tasks)
