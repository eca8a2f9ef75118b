"""One run of a stack: the weights of its own that it trains with, and its next batches."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainers.bench import Bench
from trainers.flat import Flat
from trainers.folding import Shape
from trainers.inputs import Inputs
from trainers.methods import LoRA, for_group
from trainers.mixing import Step
from trainers.run import Run
from trainers.run_state import RunState
from trainers.stack_layers import OwnWeights, draw_adapter


@dataclass(frozen=True, eq=False)
class Side:
    """Texts of one side of a batch.

    Args:
        inputs: Where they are.
        rows: Which, shape ``(B,)``.
        shape: Their number, and the tokens of the longest.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Batch:
    """A run's next training batch.

    Args:
        task: Name of the task.
        sides: Its texts.
        targets: As in :class:`tasks.encoding.EncodedRows`.
    """

    task: str
    sides: Sequence[Side]
    targets: Tensor


class Member(RunState):
    """A run with an adapter and heads in vectors of their own."""

    def __init__(self, bench: Bench, run: Run) -> None:
        super().__init__(bench, run)
        method = for_group(run.method or bench.spec.method, len(self.group))
        if not isinstance(method, LoRA):
            raise ValueError(f"Expected LoRA for a stack of runs, but got {method}.")
        drawn = draw_adapter(bench.adapter, seed=run.seed, rank=method.r, by_rows=method.rank_per_task)
        self.adapter = OwnWeights(drawn, method.scale)
        self.shared = Flat([parameter for pair in self.adapter.pairs for parameter in pair])
        self.own = {name: Flat(list(head.parameters()), device=bench.device) for name, head in self.heads.items()}
        self.average([self.shared.values], {name: [flat.values] for name, flat in self.own.items()})
        self._parts = self.parts()
        self.waiting: deque[Step] = deque()
        self.next_part()

    def next_part(self) -> None:
        """Makes the batches up to the next point wait."""
        self.waiting = deque(next(self._parts))

    def next_batch(self) -> Batch:
        """Takes the next of the waiting batches, and counts its cost."""
        name, rows = self.waiting.popleft()
        places, targets = self.places(name, rows)
        sides: list[Side] = []
        for number, place in enumerate(places):
            inputs = self.bench.inputs(name, "train", number)
            sides.append(Side(inputs, place, (len(place), int(inputs.lengths[place].max()))))
        self.backward += sum(count * length for count, length in (side.shape for side in sides))
        return Batch(name, sides, targets)
