"""How every run of a suite is trained: one set of numbers for singles, pairs and groups alike."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


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
    """Gradients are scaled down to this norm, over adapter and the batch's head."""
    ema: float = Field(default=0.9, ge=0, lt=1)
    """Decay per own step of the moving average of weights that evaluation reads; 0 reads the last weights. The
    adapter of a group of m tasks takes m times the steps of a single: its decay is the m-th root, so that the average
    spans the same number of passes."""
    grid: int = Field(default=1, ge=1)
    """Points per pass at which the stop half is evaluated."""
    temperature: float = Field(default=0.05, gt=0)
    """Retrieval: initial divisor of cosine similarities; learned from there."""
