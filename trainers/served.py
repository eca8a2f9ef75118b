"""What serving takes: work per text below and in the adapted layers, and bytes of adapters."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from trainers.bench import Bench, BenchSpec, open_bench
from trainers.grown import grown
from trainers.sizes import BYTES, base_weights


@dataclass(frozen=True, kw_only=True)
class Served:
    """Of one base model and method."""

    tokens: float
    """Mean length of a training text over all tasks, each task counting alike."""
    below: float
    """Share of the layers that are frozen and below all adapted ones, so that one pass serves every adapter."""
    frozen_flops: float
    """Per token, in those layers; all layers are taken to be as large."""
    adapted_flops: float
    """Per token and adapter, in the others."""
    bytes_of: Mapping[int, int]
    """Of the adapter of a group, by its number of tasks, without heads."""

    def stored(self, groups: Collection[int]) -> int:
        """Bytes of the adapters of groups of so many tasks each."""
        return sum(self.bytes_of[count] for count in groups)


def served(bench: Bench, *, groups: Collection[int]) -> Served:
    """What a bench's base model and method take to serve.

    Args:
        groups: Numbers of tasks of the groups that are asked about.
    """
    below = bench.lowest / bench.backbone.depth
    frozen = 2.0 * base_weights(bench.spec)[1] * below
    sizes = {count: sum(of.numel() for of in grown(bench, count).adapter_parameters) for count in {1, *groups}}
    lengths = [
        np.mean([side.lengths.mean() for side in task.splits["train"].sides]) for task in bench.spec.tasks.values()
    ]
    return Served(
        tokens=float(np.mean(lengths)),
        below=below,
        frozen_flops=frozen,
        adapted_flops=bench.forward_flops,
        bytes_of={count: BYTES * size for count, size in sizes.items()},
    )


def served_by(spec: BenchSpec, *, groups: Collection[int]) -> Served:
    """The same of a bench that is opened for it."""
    return served(open_bench(spec), groups=groups)
