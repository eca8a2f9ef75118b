"""Training a group in which a member has fewer training examples than it could, as a job."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import EncodedTask
from trainers.mixing import seeded
from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.train_job import TrainJob, train_job, training_tokens

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec


def nested_rows(task: EncodedTask, count: int, *, seed: int) -> NDArray[np.int64]:
    """``count`` training rows drawn from ``seed`` and the task's name, ascending; fewer are always among more."""
    order = seeded("nested rows", seed, task.name).permutation(len(task.splits["train"]))
    return np.sort(order[:count]).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class CutJob:
    """A run of a group with one member cut; every seed draws rows of its own, so that they are part of its noise."""

    train: TrainJob
    """The run with all rows."""
    cut: str
    """The member that is cut."""
    rows: int
    """Training examples that are left of it."""
    size: float
    """Training tokens over all passes, about."""

    @classmethod
    def of(cls, spec: "BenchSpec", group: tuple[str, ...], *, seed: int, passes: int, cut: str, rows: int) -> "CutJob":
        """The job of a bench's tasks.

        Raises:
            ValueError: If the cut task is no member, or has no more than ``rows`` training examples.
        """
        if cut not in group or not 0 < rows < len(spec.tasks[cut].splits["train"]):
            raise ValueError(f"Expected a member of {group} with more than {rows} training examples, but got {cut}.")
        whole = train_job(spec, group, seed=seed, passes=passes)
        task = spec.tasks[cut]
        saved = passes * training_tokens(task) * (1 - rows / len(task.splits["train"]))
        return cls(train=whole, cut=cut, rows=rows, size=max(whole.size - saved, 1.0))

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(["cut", self.cut, self.rows, self.train.key]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.train.label}, {self.cut} cut to {self.rows} examples"

    def run(self, context: "Bench") -> GroupResult:
        from trainers.loop import train_run
        from trainers.some_rows import on_rows

        job, tasks = self.train, context.tasks
        whole = [name for name in job.group if name != self.cut and not tasks[name].kind.pooled]
        rows = {self.cut: nested_rows(tasks[self.cut], self.rows, seed=job.seed)}
        mark = f"{self.rows} rows of seed {job.seed}"
        bench = on_rows(context, rows, mark=mark, whole=whole if context.spec.training.heads == "fitted" else ())
        return train_run(bench, job.asked, keep=context.spec.cache / "runs" / f"{self.key}.safetensors")

    def encode(self, result: GroupResult) -> bytes:
        return pack(result)

    def decode(self, data: bytes) -> GroupResult:
        return unpack(data)
