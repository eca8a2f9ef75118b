"""How every run of a suite is trained: one set of numbers for singles, pairs and groups alike."""

from dataclasses import asdict, fields
from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from trainers.aggregators import Aggregator
from trainers.turns import Mixing

GROUPS_ONLY = ("mixing", "aggregator")
"""Settings that change nothing where a task is trained alone."""
LATER = ("mixing", "weights", "aggregator")
"""Settings that came after runs had been recorded: at their defaults those runs are the same."""
VERSIONS = {"weights": 2, "aggregator": 2}
"""Raised where a change of code changes what a later setting does; runs without it stay the same."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", use_attribute_docstrings=True))
class Training:
    """Optimiser and evaluation settings, shared by all groups, so that their gains can be compared."""

    batch_size: int = Field(default=16, ge=2)
    """Examples per optimiser step; a batch holds one task."""
    pieces: int = Field(default=1, ge=1)
    """Pieces of a batch whose gradients are added before a step: less memory, the same step up to rounding. A run that
    is out of memory takes more by itself. Batches of retrieval stay whole: each holds its own negatives."""
    recompute: bool = False
    """Whether layers are computed again in the backward pass: less memory, about a third more time, the same step."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """AdamW step size of the adapter, constant after the warm-up; in a suite file, the method's own by default."""
    head_learning_rate: float = Field(default=5e-4, gt=0)
    """AdamW step size of the tasks' heads; below the adapter's, as fitted heads have little left to learn."""
    heads: Literal["fitted", "random"] = "fitted"
    """Where heads start: fitted on the base model's features, so that runs differ by what the adapter learns; or at
    random, by seed."""
    head: Literal["pooled", "native"] = "pooled"
    """What a head is: `pooled`, a linear map of the text's pooled and normalised features; or `native`, the
    architecture's own classification head, so that `transformers` and PEFT alone read an export. Tasks on pairs and
    retrieval have pooled heads in either case; those on lines or words a linear map of their last tokens' states."""
    weight_decay: float = Field(default=0.01, ge=0)
    """AdamW's decoupled weight decay on adapter and head weights."""
    warmup: int = Field(default=10, ge=0)
    """Optimiser steps over which the step size rises from 0; heads and adapter alike."""
    clip: float = Field(default=1.0, gt=0)
    """Gradients are scaled down to this norm, over adapter and the heads of the step's batches."""
    ema: float = Field(default=0.9, ge=0, lt=1)
    """Decay per own step of the moving average of weights that evaluation reads; 0 reads the last weights. The
    adapter of a group of m tasks takes m times the steps of a single: its decay is the m-th root, so that the average
    spans the same number of passes, where mixing is proportional. With an aggregator it takes as many steps as each
    head: its decay is the same."""
    grid: int = Field(default=1, ge=1)
    """Points per pass at which the stop half is evaluated."""
    temperature: float = Field(default=0.05, gt=0)
    """Retrieval: initial divisor of cosine similarities; learned from there."""
    mixing: Mixing = "proportional"
    """Whose turn it is in a group: `proportional`, every member makes the same number of passes over its own examples;
    `equal`, every member has as many batches; or `{name: temperature, temperature: T}` between them. A group takes the
    same number of optimiser steps whatever the mixing; a task alone is trained the same."""
    weights: Literal["none", "class_balance"] = "none"
    """What an example's training loss counts: `none`, 1; `class_balance`, inversely to the frequency of its class among
    the training examples, 1 on average, per label for multilabel, per line or word for tokens. Regression, retrieval
    and text have no classes and stay as they are; so do fitted heads where they start, held-out losses and gains."""
    aggregator: Aggregator = "none"
    """How the members' gradients of the shared adapter become one step: `none`, a step holds one task's batch; the
    others take a batch of every member and combine their gradients as TorchJD does (`cotrain[torchjd]`), in groups
    only. A pass of a group then has as many steps as the mixing gives the member with most. `imtl_g` takes a task's
    `weight` out of the adapter's steps again, `aligned_mtl` most of it, and `mgda` moves it less for a heavier task."""

    @property
    def jointly(self) -> bool:
        """Whether a step of a group takes a batch of every member."""
        return self.aggregator != "none"

    def identity(self, *, alone: bool) -> dict[str, Any]:
        """What of the settings may change a run, for its content hash.

        Args:
            alone: Whether one task is trained.
        """
        content = asdict(self)
        for field in fields(self):
            same = getattr(self, field.name) == field.default or (alone and field.name in GROUPS_ONLY)
            if field.name in LATER and same:
                del content[field.name]
        versions = {name: version for name, version in VERSIONS.items() if name in content}
        return content | {"versions": versions} if versions else content
