"""Parameter-efficient methods, and the two ends that they stand between: what is trained on a base model.

A method is a frozen settings class, named in the suite file::

    method: {name: lora, r: 8, alpha: 16, layers: top-2}

that puts an adapter (:mod:`trainers.adapters`) on a base model. :data:`METHODS` lists them for the command line.
"""

from typing import Annotated

from pydantic import Field

from trainers.methods.bottleneck import Parallel, Serial
from trainers.methods.ia3 import IA3
from trainers.methods.lora import DoRA, LoRA, RsLoRA, for_group
from trainers.methods.method import Method, settings_of
from trainers.methods.prompts import Prefix, Prompt
from trainers.methods.vera import VeRA
from trainers.methods.whole import Full, HeadOnly

METHODS: dict[str, type[Method]] = {
    "lora": LoRA,
    "rslora": RsLoRA,
    "dora": DoRA,
    "vera": VeRA,
    "ia3": IA3,
    "prefix": Prefix,
    "prompt": Prompt,
    "serial": Serial,
    "parallel": Parallel,
    "full": Full,
    "head": HeadOnly,
}

AnyMethod = Annotated[
    LoRA | RsLoRA | DoRA | VeRA | IA3 | Prefix | Prompt | Serial | Parallel | Full | HeadOnly,
    Field(discriminator="name"),
]
"""What a suite file may hold."""

__all__ = [
    "IA3",
    "METHODS",
    "AnyMethod",
    "DoRA",
    "Full",
    "HeadOnly",
    "LoRA",
    "Method",
    "Parallel",
    "Prefix",
    "Prompt",
    "RsLoRA",
    "Serial",
    "VeRA",
    "for_group",
    "settings_of",
]
