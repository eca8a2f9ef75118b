"""Serial and parallel adapters: small networks behind or beside the base model's own; PEFT has neither."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.methods.method import SETTINGS, OnLayers

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Serial(OnLayers):
    r"""Sends what leaves attention and feed-forward network through :math:`h + U\,\mathrm{relu}(D h)`, in every layer.

    :math:`U` starts at 0, so training starts at the base model.

    Source: Houlsby et al., ICML 2019, https://arxiv.org/abs/1902.00751; layer norms stay frozen here.
    """

    name: Literal["serial"] = "serial"
    """The method's name."""
    bottleneck: int = Field(default=64, ge=1)
    """Width of the small networks."""

    learning_rate: ClassVar[float] = 1e-3

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from trainers.adapters.bottleneck_adapter import BottleneckAdapter

        ends = backbone.family.attention_out, backbone.family.feed_forward[1]
        return BottleneckAdapter(
            backbone, [(end, end) for end in ends], lowest=lowest, width=self.bottleneck, scale=1.0, serial=True
        )


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Parallel(OnLayers):
    r"""Adds :math:`s\,U\,\mathrm{relu}(D x)` to what the feed-forward network makes of its input ``x``, in every layer.

    :math:`U` starts at 0, so training starts at the base model.

    Source: He et al., ICLR 2022, https://arxiv.org/abs/2110.04366.
    """

    name: Literal["parallel"] = "parallel"
    """The method's name."""
    bottleneck: int = Field(default=64, ge=1)
    """Width of the small networks."""
    scale: float = Field(default=4.0, gt=0)
    """Factor ``s`` of what they add."""

    learning_rate: ClassVar[float] = 1e-3

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from trainers.adapters.bottleneck_adapter import BottleneckAdapter

        bridge = backbone.family.feed_forward
        return BottleneckAdapter(
            backbone, [bridge], lowest=lowest, width=self.bottleneck, scale=self.scale, serial=False
        )
