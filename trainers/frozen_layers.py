"""The frozen lower layers of the tasks' texts, computed where jobs run: the driver may have no such device."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from trainers.cost import Cost
from trainers.executors.base import Executor
from trainers.job import Single

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec


@dataclass(frozen=True, kw_only=True)
class FrozenLayers:
    """One task's part of :func:`trainers.bench.prepare`, as a job."""

    task: str
    """Name of the task."""
    splits: tuple[str, ...]
    """Whose texts."""
    size: float
    """Texts."""

    trains: ClassVar[bool] = False
    """It is no training run."""

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(["frozen layers", self.task, self.splits]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"frozen layers of {self.task}"

    def run(self, context: "Bench") -> Cost:
        """Fills the cache, unless the texts' states are there."""
        from trainers.bench import prepare

        spec = replace(context.spec, tasks={self.task: context.tasks[self.task]})
        return prepare(spec, self.splits, threads=spec.threads)

    def encode(self, result: Cost) -> bytes:
        return json.dumps(asdict(result)).encode()

    def decode(self, data: bytes) -> Cost:
        return Cost(**json.loads(data))


def prepare_elsewhere(
    executor: Executor, spec: "BenchSpec", splits: Sequence[str], *, advance: Callable[[int], None]
) -> Cost:
    """As :func:`trainers.bench.prepare`, by the executor. Nothing is noted in a ledger: the files are what counts.

    Args:
        advance: Called with the number of texts done, task by task.
    """
    if spec.method.layers == "all":
        return Cost()
    jobs = []
    for name, task in spec.tasks.items():
        texts = sum(len(side) for split in splits for side in task.splits[split].sides)
        jobs.append(FrozenLayers(task=name, splits=tuple(splits), size=float(texts)))
    total = Cost()
    for index, data in executor.results([Single(job) for job in jobs]):
        total += jobs[index].decode(data)
        advance(int(jobs[index].size))
    return total
