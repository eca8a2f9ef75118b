"""The two ends that methods stand between: full fine-tuning, and heads on a model that stays as it is."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from trainers.methods.method import SETTINGS, OnLayers

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Full(OnLayers):
    """Trains the base model's own weights: of all layers and the embeddings, or of the uppermost layers.

    Needs about four times the memory of the trained weights, and a group's result is as large as they are.
    """

    name: Literal["full"] = "full"
    """The method's name."""
    layers: str = "all"
    """`all`, or `top-N` for the N layers next to the head; lower layers are then computed once and cached."""

    learning_rate: ClassVar[float] = 5e-5

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from trainers.adapters.full_adapter import FullAdapter

        return FullAdapter(backbone, lowest=lowest)


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class HeadOnly:
    """Trains nothing but the tasks' heads: what the base model tells by itself.

    Tasks share no weights, so no group helps or hurts; it is a baseline.
    """

    name: Literal["head"] = "head"
    """The method's name."""
    layers: Literal["top-1"] = "top-1"
    """Always `top-1`: all layers but one are computed once."""

    learning_rate: ClassVar[float] = 1e-3
    stackable: ClassVar[bool] = False

    def lowest(self, depth: int) -> int:
        """The last layer's index."""
        return depth - 1

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from trainers.adapters.no_adapter import NoAdapter

        return NoAdapter(backbone)
