"""How large a base model is, and what a method trains on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from trainers.backbone import load_config, matrix_parameters, share_of_experts
from trainers.bench import BenchSpec, open_bench
from trainers.generic import family_of, has_pooler
from trainers.grown import grown
from trainers.heads import make_head
from trainers.quiet import quiet

BYTES = 4
"""Of a trained weight: adapters and heads are fp32."""


@dataclass(frozen=True)
class Sizes:
    """Numbers of weights.

    Args:
        base: Of the base model.
        matrix: Those of its linear maps that a token passes.
        adapters: Trained ones that a group shares, by its number of tasks.
        heads: Of every task's head.
        whole: Whether the trained weights take the place of the base model's, so that each group has its own.
    """

    base: int
    matrix: int
    adapters: Mapping[int, int]
    heads: Mapping[str, int]
    whole: bool

    @classmethod
    def of(cls, spec: BenchSpec, *, groups: Collection[int]) -> "Sizes":
        """Of a bench, which is opened for it.

        Args:
            groups: Numbers of tasks of the groups that are asked about.
        """
        base, matrix = base_weights(spec)
        bench = open_bench(spec)
        heads = {
            name: make_head(
                task, hidden=bench.backbone.hidden, seed=0, temperature=1.0, template=bench.backbone.template
            )
            for name, task in spec.tasks.items()
            if task.kind.name != "text"  # the base model's own map, of which nothing is trained
        }
        weights = {name: sum(of.numel() for of in head.parameters()) for name, head in heads.items()}
        return cls(
            base=base,
            matrix=matrix,
            adapters={count: sum(of.numel() for of in grown(bench, count).adapter_parameters) for count in set(groups)},
            heads={name: weights.get(name, 0) for name in spec.tasks},
            whole=spec.method.name == "full",
        )

    def trainable(self, groups: Sequence[int]) -> int:
        """Trained weights of groups of so many tasks each, and the heads of all tasks."""
        return sum(self.adapters[count] for count in groups) + sum(self.heads.values())

    def stored(self, groups: Sequence[int]) -> int:
        """Bytes that are kept for them beside the base model."""
        return BYTES * self.trainable(groups)

    def around(self) -> int:
        """Bytes of the weights that serving holds beside trained ones, as fp32, once for all groups: the base model, or
        its layers that full fine-tuning leaves as they are."""
        return BYTES * (self.base - min(self.adapters.values()) if self.whole else self.base)


def base_weights(spec: BenchSpec) -> tuple[int, int]:
    """All weights of the base model, and those of linear maps that a token passes; nothing is loaded."""
    import transformers

    config = load_config(spec.checkpoint)
    settings: dict[str, Any] = {"add_pooling_layer": False} if has_pooler(config) else {}
    loader = getattr(transformers, family_of(config).loader)
    with torch.device("meta"), quiet():
        model = loader.from_config(config, trust_remote_code=False, **settings)
    return sum(of.numel() for of in model.parameters()), matrix_parameters([model], chosen=share_of_experts(config))
