"""Prompt and prefix tuning: trained positions before every text, at the input or in every layer."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.methods.method import SETTINGS

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Prompt:
    """Input embeddings that stand before every text; each run begins with those of words drawn by its seed.

    Training does not start at the base model: the words are read. They take room of the longest text that the base
    model reads, and are never pooled.

    Source: Lester et al., EMNLP 2021, https://arxiv.org/abs/2104.08691, as PEFT implements it.
    """

    name: Literal["prompt"] = "prompt"
    """The method's name."""
    length: int = Field(default=20, ge=1)
    """Trained positions."""
    layers: Literal["all"] = "all"
    """Always `all`: the input is below every layer."""

    learning_rate: ClassVar[float] = 3e-2
    stackable: ClassVar[bool] = False

    def lowest(self, depth: int) -> int:
        """Always 0."""
        return 0

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from peft import PromptTuningConfig

        from trainers.adapters.peft_adapter import PeftAdapter, redraw_prompt

        config = PromptTuningConfig(num_virtual_tokens=self.length, task_type="FEATURE_EXTRACTION")
        return PeftAdapter(backbone, config, redraw=redraw_prompt, before=self.length)


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Prefix:
    """Keys and values that stand before every text in every layer, drawn near 0 by each run's seed.

    Training starts near the base model, not at it: attention spreads over the prefix too. PEFT draws them from a
    standard normal distribution, which drowns the text at once; here the deviation is 0.02.

    Source: Li & Liang, ACL 2021, https://arxiv.org/abs/2101.00190, without their network over the prefix, as PEFT
    implements it.
    """

    name: Literal["prefix"] = "prefix"
    """The method's name."""
    length: int = Field(default=20, ge=1)
    """Trained positions."""
    layers: Literal["all"] = "all"
    """Always `all`: PEFT keeps a prefix for every layer."""

    learning_rate: ClassVar[float] = 1e-2
    stackable: ClassVar[bool] = False

    def lowest(self, depth: int) -> int:
        """Always 0."""
        return 0

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """See :class:`trainers.methods.method.Method`."""
        from peft import PrefixTuningConfig

        from trainers.adapters.peft_adapter import PeftAdapter, redraw_prefix

        config = PrefixTuningConfig(num_virtual_tokens=self.length, task_type="FEATURE_EXTRACTION")
        return PeftAdapter(backbone, config, redraw=redraw_prefix)
