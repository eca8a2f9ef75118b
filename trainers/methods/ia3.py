"""IA3: trained scales of keys, values and the feed-forward network's inner activations."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from trainers.methods.method import SETTINGS, OnLayers

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class IA3(OnLayers):
    """One factor per channel, which starts at 1, so that training starts at the base model.

    Where one linear map holds queries too, all of it is scaled; of a mixture of experts, the shared ones.

    Source: Liu et al., NeurIPS 2022, https://arxiv.org/abs/2205.05638, as PEFT implements it.
    """

    name: Literal["ia3"] = "ia3"
    """The method's name."""

    learning_rate: ClassVar[float] = 1e-2

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from peft import IA3Config

        from trainers.adapters.peft_adapter import PeftAdapter

        narrowing = backbone.paths(backbone.family.narrowing, lowest=lowest)
        targets = [*backbone.paths(backbone.family.scaled, lowest=lowest), *narrowing]
        return PeftAdapter(backbone, IA3Config(target_modules=targets, feedforward_modules=narrowing))
