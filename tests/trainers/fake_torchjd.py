"""Weightings in place of TorchJD's, for tests of the steps that they make."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from trainers import loop

Weighting = Callable[[Tensor], Tensor]


def equally(gramian: Tensor) -> Tensor:
    """The sum of all gradients."""
    return torch.ones(len(gramian))


def at_random(gramian: Tensor) -> Tensor:
    """Weights from the process's stream of random numbers, as PCGrad has its order."""
    return torch.rand(len(gramian))


def only_first(gramian: Tensor) -> Tensor:
    """The first member alone."""
    return torch.eye(len(gramian))[0]


def install(monkeypatch: pytest.MonkeyPatch, weighting: Weighting) -> None:
    """Lets every aggregator be this one."""
    monkeypatch.setattr(loop, "open_aggregator", lambda _name: weighting)
