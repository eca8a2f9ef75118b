"""A group's adapter that was merged and not trained, read as a run is."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from trainers.bench import Bench
from trainers.curve import Curve
from trainers.evaluate import evaluate
from trainers.result import GroupResult
from trainers.run import Run
from trainers.run_state import RunState

if TYPE_CHECKING:
    from trainers.adapters import Adapter

HEADS = "heads."
"""Prefix of head weights in a result."""


class MergedRun(RunState):
    """A merged adapter at several strengths, with the heads of the members' references.

    Its curve's points are strengths: factors of the merged update. As of any run, the one with the lowest mean of the
    members' normalised stop-half losses is read.

    Args:
        bench: Of the group's rank.
        run: What is asked for.
        parts: The references of the members, with their weights.
        strengths: Of the points.
    """

    def __init__(self, bench: Bench, run: Run, *, parts: Mapping[str, GroupResult], strengths: Sequence[float]) -> None:
        self.start = time.perf_counter()
        super().__init__(bench, run)
        self.strengths = list(strengths)
        self.curve = Curve(passes=len(strengths), limit=None, grid=1)
        for name, head in self.heads.items():
            _put(head, parts[name].weights, prefix=f"{HEADS}{name}.")
        self.average(bench.adapter_parameters, {name: list(head.parameters()) for name, head in self.heads.items()})

    def read_all(self, merged: Mapping[str, Tensor]) -> GroupResult:
        """The result of the best strength.

        Args:
            merged: Weights of strength 1.
        """
        adapter: Adapter = self.bench.adapter
        adapter.set_dropout(on=False)
        with self.ending():
            for strength in self.strengths:
                adapter.load({name: of * (strength if ".lora_B." in name else 1) for name, of in merged.items()})
                for average in self.averages:
                    average.average = [of.detach().clone() for of in average.parameters]
                self.point({name: evaluate(self.bench, name, "stop", self.heads[name]) for name in self.group})
            self.restore()
            for name in self.group:
                for split in self.run.splits:
                    self.take(name, split, evaluate(self.bench, name, split, self.heads[name]))
        found = self.result(seconds=time.perf_counter() - self.start, adapter=adapter.weights())
        return replace(found, grid=np.array(self.strengths[: len(found.grid)]), cost=replace(found.cost, jobs=0))


@torch.no_grad()
def _put(head: nn.Module, weights: Mapping[str, Any], *, prefix: str) -> None:
    for name, of in head.named_parameters():
        of.copy_(torch.from_numpy(np.array(weights[prefix + name])))
