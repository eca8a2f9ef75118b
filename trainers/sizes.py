"""How large a base model is, and what a method trains on it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from trainers.backbone import load_backbone, matrix_parameters
from trainers.bench import BenchSpec, open_bench
from trainers.heads import make_head

BYTES = 4
"""Of a trained weight: adapters and heads are fp32."""


@dataclass(frozen=True)
class Sizes:
    """Numbers of weights.

    Args:
        base: Of the base model.
        matrix: Those of its linear maps that a token passes.
        adapter: Trained ones that a group shares.
        heads: Of every task's head.
        whole: Whether the trained weights take the place of the base model's, so that each group has its own.
    """

    base: int
    matrix: int
    adapter: int
    heads: Mapping[str, int]
    whole: bool

    @classmethod
    def of(cls, spec: BenchSpec) -> "Sizes":
        """Of a bench, which is opened for it."""
        device = torch.device("cpu")
        native = spec.training.head == "native"
        backbone = load_backbone(spec.checkpoint, device=device, native=native)
        base = sum(of.numel() for of in backbone.model.parameters())
        matrix = matrix_parameters([backbone.model], chosen=backbone.chosen)
        heads = {
            name: sum(
                of.numel()
                for of in make_head(
                    task, hidden=backbone.hidden, seed=0, temperature=1.0, template=backbone.template
                ).parameters()
            )
            for name, task in spec.tasks.items()
        }
        del backbone
        bench = open_bench(spec)
        adapter = sum(of.numel() for of in bench.adapter_parameters)
        return cls(base, matrix, adapter, heads, whole=spec.method.name == "full")

    def trainable(self, adapters: int) -> int:
        """Trained weights of so many adapters and the heads of all tasks."""
        return adapters * self.adapter + sum(self.heads.values())

    def stored(self, adapters: int) -> int:
        """Bytes that are kept for them beside the base model."""
        return BYTES * self.trainable(adapters)

    def loaded(self, adapters: int) -> int:
        """Bytes of all weights that serving holds, fp32; fully fine-tuned ones are in the base model's place."""
        kept = self.base * (0 if self.whole else 1)
        rest = self.base - self.adapter if self.whole else 0  # layers that were left as they are, once for all
        return BYTES * (kept + rest) + self.stored(adapters)
