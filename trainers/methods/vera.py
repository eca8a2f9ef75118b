"""VeRA: fixed random factors that all layers share, with trained scales between them."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.methods.method import SETTINGS, OnLayers

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class VeRA(OnLayers):
    r"""Adds :math:`\Lambda_b B \Lambda_d A` to adapted weights, with ``A`` and ``B`` drawn once and never trained.

    :math:`\Lambda_b` starts at 0, so training starts at the base model. All runs have the same ``A`` and ``B``.

    Source: Kopiczko et al., ICLR 2024, https://arxiv.org/abs/2310.11454, as PEFT implements it.
    """

    name: Literal["vera"] = "vera"
    """The method's name."""
    r: int = Field(default=256, ge=1)
    """Rank of the fixed factors; a layer has as many trained scales, and one for each output."""
    targets: list[str] | None = None
    """Names of the adapted linear layers; by default those of the base model's family."""

    learning_rate: ClassVar[float] = 1e-2

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from peft import VeraConfig

        from trainers.adapters.peft_adapter import PeftAdapter, on_layers

        return PeftAdapter(backbone, VeraConfig(r=self.r, **on_layers(backbone, self.targets, lowest=lowest)))
