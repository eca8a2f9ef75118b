"""One adapter, trained with other shares of the members' batches."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.forms.form import SETTINGS, PlainForm
from trainers.turns import Mixing, Temperature, is_proportional

if TYPE_CHECKING:
    from trainers.bench import BenchSpec
    from trainers.methods import Method
    from trainers.settings import Training


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Mixed(PlainForm, ABC):
    """A group under a mixing of its own; its runs are those of a suite with that mixing, and found as such."""

    @property
    @abstractmethod
    def mixing(self) -> Mixing:
        """In place of the suite's."""

    def refusal(self, method: "Method", training: "Training") -> str | None:
        """See :class:`trainers.forms.form.Form`."""
        same = training.mixing == self.mixing or (is_proportional(training.mixing) and is_proportional(self.mixing))
        return "that is how the suite mixes already; leave it out, or change `training.mixing`" if same else None

    def spec(self, spec: "BenchSpec") -> "BenchSpec":
        """With the mixing."""
        return replace(spec, training=replace(spec.training, mixing=self.mixing))

    def identity(self) -> dict[str, Any] | None:
        """None: the mixing is in the training settings."""
        return None


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Equal(Mixed):
    """Every member has as many batches, whatever its size."""

    name: Literal["equal"] = "equal"
    """The form's name."""

    @property
    def mixing(self) -> Mixing:
        """`equal`."""
        return "equal"


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Tempered(Mixed):
    """Shares between proportional and equal."""

    name: Literal["temperature"] = "temperature"
    """The form's name."""
    temperature: float = Field(default=3.0, gt=0)
    """T of :class:`trainers.turns.Temperature`: a member's share grows with the 1/T-th power of its batches."""

    @property
    def mixing(self) -> Mixing:
        """By temperature."""
        return Temperature(name="temperature", temperature=self.temperature)
