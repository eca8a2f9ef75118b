"""LoRA: low-rank updates of the linear layers, through PEFT; with rsLoRA's scale, and DoRA's magnitudes."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.methods.method import SETTINGS, Method, OnLayers

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class LoRA(OnLayers):
    r"""Adds :math:`\frac{\alpha}{r} B A` to adapted weights; ``B`` starts at 0, so training starts at the base model.

    Source: Hu et al., ICLR 2022, https://arxiv.org/abs/2106.09685, as PEFT implements it.
    """

    name: Literal["lora"] = "lora"
    """The method's name."""
    r: int = Field(default=8, ge=1)
    """Rank of the update."""
    rank_per_task: bool = False
    """Whether a group of m tasks has m times the rank, with `alpha` raised so that the update's scale stays; of equal
    seed, the first `r` rows of its `A` start as those of a single."""
    alpha: float = Field(default=16, gt=0)
    """Scale of the update, divided by the rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the update's inputs that is dropped in training."""
    targets: list[str] | None = None
    """Names of the adapted linear layers; by default those of the base model's family."""

    learning_rate: ClassVar[float] = 1e-3

    @property
    def scale(self) -> float:
        """Factor of the product of both factors."""
        return self.alpha / self.r

    @property
    def stackable(self) -> bool:  # type: ignore[override]  # a class's constant where it never is
        """Whether several runs can share passes: not with dropout, which draws from one stream per process."""
        return self.dropout == 0

    def with_rank(self, r: int) -> "LoRA":
        """The same with another rank, and ``alpha`` such that the scale is the same."""
        return replace(self, r=r, alpha=self.alpha * r / self.r)

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from peft import LoraConfig

        from trainers.adapters.peft_adapter import PeftAdapter, on_layers, redraw_lora, redraw_rows

        config = LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,  # type: ignore[arg-type]  # PEFT divides by it; whole numbers are not required
            lora_dropout=self.dropout,
            bias="none",
            **on_layers(backbone, self.targets, lowest=lowest),
            **self._variant,
        )
        return PeftAdapter(backbone, config, redraw=redraw_rows if self.rank_per_task else redraw_lora)

    @property
    def _variant(self) -> dict[str, Any]:
        """What a variant asks of PEFT beside."""
        return {}


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class RsLoRA(LoRA):
    r"""LoRA with the scale :math:`\alpha / \sqrt r`, under which ranks may grow without smaller updates.

    Source: Kalajdzievski, 2023, https://arxiv.org/abs/2312.03732.
    """

    name: Literal["rslora"] = "rslora"  # type: ignore[assignment]  # another method's name
    """The method's name."""
    alpha: float = Field(default=8, gt=0)
    """Scale of the update, divided by the root of the rank."""

    @property
    def scale(self) -> float:
        """Factor of the product of both factors."""
        return float(self.alpha / self.r**0.5)

    def with_rank(self, r: int) -> "LoRA":
        """The same with another rank, and ``alpha`` such that the scale is the same."""
        return replace(self, r=r, alpha=self.alpha * (r / self.r) ** 0.5)

    @property
    def _variant(self) -> dict[str, Any]:
        return {"use_rslora": True}


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class DoRA(LoRA):
    r"""LoRA on the direction of adapted weights, with their magnitudes trained beside it.

    Source: Liu et al., ICML 2024, https://arxiv.org/abs/2402.09353.
    """

    name: Literal["dora"] = "dora"  # type: ignore[assignment]  # another method's name
    """The method's name."""

    @property
    def stackable(self) -> bool:  # type: ignore[override]
        """Never: magnitudes are taken of the updated weight, not of its products."""
        return False

    @property
    def _variant(self) -> dict[str, Any]:
        return {"use_dora": True}


def for_group(method: Method, members: int) -> Method:
    """The method of a group of so many tasks: with their number times the rank, where the rank is per task.

    It is what is attached, never what is asked for again: its rank would grow once more.
    """
    if not isinstance(method, LoRA) or not method.rank_per_task or members == 1:
        return method
    return method.with_rank(method.r * members)
