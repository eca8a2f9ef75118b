"""What simulated training takes beside the runs: products of gradients, and room for the gradients."""

import sys
from dataclasses import dataclass

from affinity.estimators.linearized import RESAMPLES
from affinity.looked_at import most_examples, readouts_of
from affinity.mapped import FP32, in_file
from affinity.regressed_prior import FEW, asked_for
from affinity.simulated_gains import MOST
from affinity.simulation import ROUNDS
from affinity.splits import SPLITS
from trainers.bench import Bench


@dataclass(frozen=True)
class SimulatedWork:
    """Of the estimators that simulate training.

    Args:
        most: Examples of each split whose gradients are taken, at most; None takes those of all.
        flops: Of the gradients' inner products and of the simulation of every group and of resampled pairs.
        memory_bytes: Inner products of all tasks' gradients, which are held at once, unless they are too large for it.
        disk_bytes: Gradients of all tasks, mapped into memory as they are read, and their inner products where these
            are too large; removed at the end.
    """

    most: int | None
    flops: float
    memory_bytes: int
    disk_bytes: int

    @classmethod
    def of(cls, bench: Bench, *, passes: int, share: float, anchors: int, resampled: bool) -> "SimulatedWork":
        """From every anchor a readout has a gradient as long as the adapter has weights on the probed share of its
        layers; a task is in half of the groups, or of many tasks in as many as are asked for.

        Args:
            resampled: Whether pairs are simulated on resamples too.
        """
        weights = round(share * sum(parameter.numel() for parameter in bench.adapter_parameters))
        tasks = list(bench.tasks.values())
        most = most_examples(tasks, weights=max(1, weights))
        looked = [[min(len(task.splits[split]), most or sys.maxsize) for split in SPLITS] for task in tasks]
        trained = [readouts_of(task) * of[SPLITS.index("train")] for task, of in zip(tasks, looked, strict=True)]
        rows = [readouts_of(task) * sum(of) for task, of in zip(tasks, looked, strict=True)]
        columns, count = sum(trained), len(trained)
        products = 2.0 * weights * (sum(rows) * columns + sum(of**2 for of in trained))
        memberships = min(2**count, MOST) / 2 if count <= FEW else asked_for(count).sum() / count
        if resampled:
            memberships += (1 + RESAMPLES) * min(count - 1, 2 * MOST / count)
        simulated = 2.0 * ROUNDS * passes * columns * sum(rows) * memberships
        gradients, own = FP32 * weights * sum(rows), FP32 * sum(of**2 for of in trained)
        held, filed = FP32 * sum(rows) * columns, 0
        if in_file(sum(rows) * columns, at=bench.device, folder=bench.spec.cache):
            held, filed = 0, held
        return cls(most, anchors * (products + simulated), anchors * (held + own), anchors * (gradients + filed))
