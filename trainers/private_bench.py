"""A bench on which every task of a group has a private part beside the shared adapter."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property

from torch import Tensor, nn

from trainers.adapters.peft_adapter import PeftAdapter
from trainers.bench import Bench
from trainers.fitted_heads import share_heads
from trainers.forms.form import LOW_RANK
from trainers.inputs import Padded
from trainers.methods import LoRA
from trainers.private_layers import PrivateLayers


@dataclass(frozen=True, eq=False)
class PrivateBench(Bench):
    """A bench whose features are those of the task that asks for them.

    Args:
        private: The private parts, attached to the adapter.
    """

    private: PrivateLayers = field(kw_only=True)

    def features(self, batch: Padded, task: str | None = None) -> Tensor:
        """As :meth:`trainers.bench.Bench.features`; the task's part stays in place, for a backward pass that computes
        layers again."""
        self.private.task = task
        return super().features(batch, task)

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        """Within it, features are those of the base model alone."""
        rank, self.private.rank = self.private.rank, 0
        try:
            with super().without_adapter():
                yield
        finally:
            self.private.rank = rank

    def private_parameters(self, task: str) -> list[nn.Parameter]:
        """Adapter weights that the task does not share."""
        return self.private.parameters(task)

    def reset(self, *, seed: int) -> None:
        """Draws all adapter weights anew, those of the shared part as without private ones."""
        super().reset(seed=seed)
        self.private.reset(seed=seed)

    def adapter_weights(self) -> dict[str, Tensor]:
        """Shared weights by the names that files have, and private ones."""
        return super().adapter_weights() | self.private.weights()

    @cached_property
    def forward_flops(self) -> float:
        """FLOPs per token forward, with one task's part."""
        return super().forward_flops + 2.0 * self._beside

    @property
    def multiplied(self) -> int:
        """Trained weights that a token passes: the shared ones and one task's."""
        return super().multiplied + self._beside

    @property
    def _beside(self) -> int:
        return sum(of.numel() for of in self.private.parameters(next(iter(self.private.pairs))))


@contextmanager
def private_bench(bench: Bench, group: Sequence[str], *, rank: int) -> Iterator[PrivateBench]:
    """The bench with private parts for the members of a group; base model, shared adapter and heads are the bench's.

    Args:
        bench: With LoRA or rsLoRA, of the rank that the group shares.
        rank: Of every private part.

    Raises:
        ValueError: If the method is another.
    """
    method = bench.spec.method
    if not (isinstance(method, LoRA) and isinstance(bench.adapter, PeftAdapter) and method.name in LOW_RANK):
        raise ValueError(f"Expected LoRA or rsLoRA to stand beside, but got {method}.")
    _ = bench.adapter_parameters  # found by being trained
    private = PrivateLayers(bench.adapter, group, rank=rank, scale=method.scale)
    made = PrivateBench(**{of.name: getattr(bench, of.name) for of in fields(Bench)}, private=private)
    share_heads(bench, made)
    with private.attached():
        yield made
