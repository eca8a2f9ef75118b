"""Everything that is read, checked and decided before the first run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from cotrain.cores import usable_cores
from cotrain.load_tasks import load_tasks
from cotrain.suite import LoadedSuite
from tasks.encode_task import encode
from tasks.encoding import EncodedTask
from tasks.entry import text_columns
from tasks.errors import InputError
from tasks.task import Task
from trainers.backbone import load_tokenizer
from trainers.bench import BenchSpec
from trainers.checkpoint import Checkpoint, find_checkpoint, with_bits
from trainers.export import TextUse
from trainers.fit import check_fit
from trainers.quantised import check_bits

DEVICES = ("cpu", "cuda", "mps")
"""Types of device that runs are trained on."""


@dataclass(frozen=True, eq=False)
class Workspace:
    """A suite, ready to train.

    Args:
        loaded: The suite.
        tasks: Its tasks, with texts, by name.
        encoded: The same as tokens.
        checkpoint: The base model.
    """

    loaded: LoadedSuite
    tasks: Mapping[str, Task]
    encoded: Mapping[str, EncodedTask]
    checkpoint: Checkpoint

    @property
    def fingerprints(self) -> dict[str, str]:
        """What identifies data and base model, by field of the suite."""
        return {"base_model": self.checkpoint.identity} | {
            f"tasks.{name}": task.fingerprint for name, task in self.tasks.items()
        }

    @property
    def test_fingerprints(self) -> dict[str, str]:
        """What identifies the test examples alone, by task: scores of runs that have them in common are comparable."""
        return {name: task.test_fingerprint for name, task in self.tasks.items()}

    @property
    def text_uses(self) -> dict[str, TextUse]:
        """What every task reads, and what its numbers mean."""
        suite = self.loaded.suite
        return {
            name: TextUse(
                columns=tuple(text_columns(suite.tasks[name]))[: self.encoded[name].sides],
                max_length=task.max_length or suite.max_length,
                centre=task.centre,
                spread=task.spread,
            )
            for name, task in self.tasks.items()
        }

    def spec(self, *, cache: Path, device: str, threads: int) -> BenchSpec:
        """What worker processes open."""
        suite = self.loaded.suite
        return BenchSpec(
            checkpoint=self.checkpoint,
            method=suite.method,
            training=suite.training,
            tasks=self.encoded,
            cache=cache,
            device=device,
            threads=threads,
        )


def read_workspace(loaded: LoadedSuite) -> Workspace:
    """Reads the base model's tokenizer and the tasks' data.

    Raises:
        InputError: If either is missing or wrong.
    """
    tasks = load_tasks(loaded)
    length = loaded.suite.max_length
    try:
        checkpoint = with_bits(find_checkpoint(loaded.suite.base_model), loaded.suite.base_model_bits)
        longest = max(task.max_length or length for task in tasks.values())
        texts = [name for name, task in tasks.items() if task.kind.name == "text"]
        check_fit(checkpoint, loaded.suite.method, max_length=longest, training=loaded.suite.training, texts=texts)
        tokenize = load_tokenizer(checkpoint)
        encoded = {name: encode(task, tokenize, max_length=length) for name, task in tasks.items()}
    except InputError as error:
        raise error.within(loaded.place) from None
    return Workspace(loaded, tasks, encoded, checkpoint)


def choose_device(name: str) -> str:
    """The device of ``--device``: ``auto`` takes a GPU if there is one.

    Raises:
        InputError: If there is no such device here.
    """
    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        found = torch.device(name)
        if found.type not in DEVICES:
            raise RuntimeError("nothing is trained on such")
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition(". ")[0].splitlines()[0]
        raise InputError(
            f"no device `{name}` here ({reason}); expected auto, cpu or cuda:N", place="--device"
        ) from None
    return f"cuda:{found.index or 0}" if found.type == "cuda" else found.type


def check_device(loaded: LoadedSuite, device: str) -> None:
    """Refuses a device that cannot compute what a suite asks for.

    Raises:
        InputError: As :func:`trainers.quantised.check_bits` has it.
    """
    try:
        check_bits(loaded.suite.base_model_bits, device=device, method=loaded.suite.method.name)
    except InputError as error:
        raise error.within(loaded.place) from None


def choose_devices(names: str) -> list[str]:
    """The devices of ``--device``: one, or several between plus signs, which train each run together.

    Raises:
        InputError: If one of them is not here, or stands twice and is no CPU; if several are of different types, or
            of one whose devices do not add their gradients.
    """
    found = [choose_device(name.strip()) for name in names.split("+")]
    types = sorted({name.split(":")[0] for name in found})
    if len(found) > 1 and types not in (["cpu"], ["cuda"]):
        raise InputError(
            f"expected CUDA devices to train each run together, such as cuda:0+cuda:1, but got {names}",
            place="--device",
        )
    twice = [name for name in found if found.count(name) > 1 and name != "cpu"]
    if twice:
        raise InputError(f"`{twice[0]}` stands twice", place="--device")
    return found


def choose_workers(wanted: int | None, *, device: str) -> int:
    """Worker processes: one per core on the CPU, one on a GPU, unless named."""
    if wanted is not None:
        return wanted
    return usable_cores() if device == "cpu" else 1


def choose_threads(workers: int, *, device: str) -> int:
    """CPU threads of each process, so that together they do not outnumber the cores."""
    return max(1, usable_cores() // workers) if device == "cpu" else usable_cores()
