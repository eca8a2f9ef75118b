"""LoRA: low-rank updates of the linear layers, through PEFT."""

import re
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

if TYPE_CHECKING:
    from peft import LoraConfig


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", use_attribute_docstrings=True))
class LoRA:
    r"""Adds :math:`\frac{\alpha}{r} B A` to adapted weights; ``B`` starts at 0, so training starts at the base model.

    Source: Hu et al., ICLR 2022, https://arxiv.org/abs/2106.09685, as PEFT implements it.
    """

    name: Literal["lora"] = "lora"
    """The method's name."""
    r: int = Field(default=8, ge=1)
    """Rank of the update."""
    alpha: float = Field(default=16, gt=0)
    """Scale of the update, divided by the rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the update's inputs that is dropped in training."""
    layers: str = "top-2"
    """`all`, or `top-N` for the N layers next to the head; lower layers are then computed once and cached."""
    targets: list[str] | None = None
    """Names of the adapted linear layers; by default those of the base model's family."""

    @field_validator("layers")
    @classmethod
    def _known_layers(cls, value: str) -> str:
        if value != "all" and not re.fullmatch(r"top-[1-9][0-9]*", value):
            raise ValueError(f"expected `all` or `top-N` with N of 1 or more, but got {value!r}")
        return value

    def lowest(self, depth: int) -> int:
        """Index of the lowest adapted layer in a model of ``depth`` layers."""
        return 0 if self.layers == "all" else max(0, depth - int(self.layers.removeprefix("top-")))

    def config(self, *, targets: tuple[str, ...], layers: str, lowest: int, depth: int) -> "LoraConfig":
        """PEFT's configuration.

        Args:
            targets: The family's default target modules.
            layers: Attribute that holds the model's layers, such as ``layer``.
            lowest: Index of the lowest adapted layer.
            depth: Number of layers.
        """
        from peft import LoraConfig

        return LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,  # type: ignore[arg-type]  # PEFT divides by it; whole numbers are not required
            lora_dropout=self.dropout,
            target_modules=list(self.targets or targets),
            layers_to_transform=list(range(lowest, depth)),
            layers_pattern=layers,
            bias="none",
        )
