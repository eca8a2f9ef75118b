"""What a computation cost: counted tokens and FLOPs, and the clock."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Work done, additive over jobs."""

    seconds: float = 0.0
    """Time that workers spent, summed over workers."""
    flops: float = 0.0
    """Floating-point operations by the cost model: 2 per matrix parameter and token forward, 2 for the activation
    gradients backward, 2 for the gradients of trained weights. Heads are left out, and so is the base model's map to
    tokens, which those of kind `text` have for a head."""
    tokens_forward: int = 0
    """Tokens that passed the adapted layers forward without a backward: evaluation and caching."""
    tokens_backward: int = 0
    """Tokens that passed forward and backward."""
    jobs: int = 0
    """Training runs."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Cost)})

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)
