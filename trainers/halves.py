"""A bench on half of every task's training examples: short runs on either half learn from nothing in common."""

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tasks.encoding import EncodedTask
from trainers.bench import Bench
from trainers.fitted_heads import fit_on_part, fitted_heads, start_from
from trainers.inputs import Inputs, Padded
from trainers.mixing import seeded
from trainers.span_heads import fit_spans_on_part

_halves: WeakKeyDictionary[Bench, dict[int, Bench]] = WeakKeyDictionary()


def half_of(task: EncodedTask, half: int) -> NDArray[np.int64]:
    """Training rows of half 0 or 1; examples of one unit are in one half, unless there is one unit only."""
    units, place = np.unique(task.splits["train"].units, return_inverse=True)
    if len(units) < 2:
        units, place = np.arange(len(place)), np.arange(len(place))
    sides = np.arange(len(units)) % 2
    seeded("halves", task.name).shuffle(sides)
    return np.flatnonzero(sides[place] == half)


def halved(bench: Bench, half: int) -> Bench:
    """The bench with one half of every task's training rows, and the same model, adapter and held-out splits."""
    known = _halves.setdefault(bench, {})
    if half not in known:
        inputs: dict[tuple[str, str, int], Inputs] = {}
        tasks, heads = {}, {}
        for name, task in bench.tasks.items():
            rows, at = task.splits["train"], half_of(task, half)
            shared = 1 if task.kind.pooled else 0  # retrieval keeps all documents
            own = len(rows.sides) - shared
            for side in range(own):
                inputs[name, "train", side] = SomeInputs(bench.inputs(name, "train", side), at)
            sides = (*(side.take(at) for side in rows.sides[:own]), *rows.sides[own:])
            places = None if rows.read_at is None else rows.read_at[at]
            some = replace(rows, sides=sides, targets=rows.targets[at], units=rows.units[at], read_at=places)
            digest = f"{task.fingerprint}:half {half}"
            tasks[name] = replace(task, splits={**task.splits, "train": some}, fingerprint=digest)
            heads[name] = _head(bench, tasks[name], at, own)
        known[half] = replace(bench, spec=replace(bench.spec, tasks=tasks), _inputs=inputs)
        for name, head in heads.items():
            start_from(known[half], name, head)
    return known[half]


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
