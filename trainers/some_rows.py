"""A bench on some of its tasks' training rows, with the same model, adapter and held-out splits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tasks.encoding import EncodedTask
from trainers.bench import Bench
from trainers.fitted_heads import fitted_heads, start_from
from trainers.head_fits import fit_on_part
from trainers.inputs import Inputs, Padded
from trainers.span_heads import fit_spans_on_part


def on_rows(bench: Bench, rows: Mapping[str, NDArray[np.int64]], *, mark: str, whole: Collection[str] = ()) -> Bench:
    """The bench with these training rows of some tasks, whose heads start from a fit on them.

    Args:
        rows: Training rows by task; other tasks keep theirs.
        mark: What stands for the choice of rows in fingerprints.
        whole: Tasks with all their rows whose heads start where they start on ``bench``, without another fit.
    """
    inputs: dict[tuple[str, str, int], Inputs] = {}
    tasks, heads = dict(bench.tasks), {}
    for name, at in rows.items():
        task = bench.tasks[name]
        every = task.splits["train"]
        shared = 1 if task.kind.pooled else 0  # retrieval keeps all documents
        own = len(every.sides) - shared
        for side in range(own):
            inputs[name, "train", side] = SomeInputs(bench.inputs(name, "train", side), at)
        sides = (*(side.take(at) for side in every.sides[:own]), *every.sides[own:])
        places = None if every.read_at is None else every.read_at[at]
        some = replace(every, sides=sides, targets=every.targets[at], units=every.units[at], read_at=places)
        tasks[name] = replace(task, splits={**task.splits, "train": some}, fingerprint=f"{task.fingerprint}:{mark}")
        heads[name] = _head(bench, tasks[name], at, own)
    heads |= {name: fitted_heads(bench, name).whole for name in whole}
    found = replace(bench, spec=replace(bench.spec, tasks=tasks), _inputs=inputs)
    for name, head in heads.items():
        start_from(found, name, head)
    return found


def _head(bench: Bench, some: EncodedTask, rows: NDArray[np.int64], own: int) -> nn.Module:
    """The head that a task with these training rows starts from; ``own`` sides have a text per row."""
    whole = fitted_heads(bench, some.name)
    if whole.spans is not None:
        return fit_spans_on_part(bench, whole, some, rows)
    at = torch.from_numpy(rows).to(bench.device)
    frozen = (*(side[at] for side in whole.frozen[:own]), *whole.frozen[own:])
    return fit_on_part(
        whole,
        some,
        frozen,
        hidden=bench.backbone.hidden,
        temperature=bench.spec.training.temperature,
        template=bench.backbone.template,
    )


@dataclass(frozen=True, eq=False)
class SomeInputs:
    """Some rows of other inputs."""

    inputs: Inputs
    rows: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.inputs.lengths[self.rows]

    def batch(self, rows: NDArray[np.int64], device: torch.device, *, length: int = 0) -> Padded:
        return self.inputs.batch(self.rows[rows], device, length=length)
