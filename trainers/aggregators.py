r"""How the gradients of a group's members become one step of the shared adapter, by TorchJD.

With :math:`J` the Jacobian of ``m`` members' losses, shape ``(m, d)``, each of these gives weights :math:`w` from the
Gramian :math:`J J^\top`, and the adapter moves by :math:`w^\top J`. Those that keep a state of their own from step to
step (NashMTL, GradVac, ...) are left out: a run that was stopped could not go on the same.

Source: Quinton & Rey, "Jacobian Descent for Multi-Objective Optimization", https://arxiv.org/abs/2406.16232, and the
library https://github.com/TorchJD/torchjd, where every method's own paper is named.
"""

import importlib
from typing import TYPE_CHECKING, Any, Literal

from tasks.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

Aggregator = Literal["none", "upgrad", "mgda", "pcgrad", "imtl_g", "aligned_mtl", "dualproj"]
"""Names of the settings."""
WEIGHTINGS = {
    "upgrad": "UPGradWeighting",
    "mgda": "MGDAWeighting",
    "pcgrad": "PCGradWeighting",
    "imtl_g": "IMTLGWeighting",
    "aligned_mtl": "AlignedMTLWeighting",
    "dualproj": "DualProjWeighting",
}
"""Classes of ``torchjd.aggregation``."""
UNWEIGHTED = {
    "aligned_mtl": "evens out most of what a loss weighs before it moves the adapter",
    "imtl_g": "moves the adapter alike whatever a loss weighs",
    "mgda": "moves the adapter less for a loss that weighs more",
}
"""Those with which a task's `weight` is not its part in the adapter's steps, and what it is there."""


def open_aggregator(name: str) -> Any:
    """What gives weights, shape ``(m,)``, for a Gramian, shape ``(m, m)``.

    Raises:
        InputError: If the package is not installed; it says how to get it.
    """
    try:
        return getattr(importlib.import_module("torchjd.aggregation"), WEIGHTINGS[name])()
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"`{name}` needs TorchJD ({error}); `pip install 'cotrain[torchjd]'` brings it, or use `none`",
            place="training.aggregator",
        ) from None


def weights_of(weighting: Any, jacobian: "Tensor") -> "Tensor":
    """Weights of the members, shape ``(m,)``, for their gradients, shape ``(m, d)``.

    Gradients are divided by the root mean square of their norms before, and the weights mean the gradients themselves:
    the library's own small constants then stand beside numbers near 1, whatever the scale of the losses.
    """
    scale = jacobian.norm(dim=1).square().mean().sqrt().clamp(min=TINY)
    scaled = jacobian / scale
    found: Tensor = weighting(scaled @ scaled.T)
    return found


TINY = 1e-12
"""Keeps gradients that are all 0 at 0."""
