"""What all runs of a suite share in one process: the cut base model with its adapter, encoded tasks, cached states."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from tasks.encoding import EncodedTask, Tokens
from trainers.adapters import Adapter
from trainers.backbone import Backbone, load_backbone, lower_states, matrix_parameters, stopped_at
from trainers.checkpoint import Checkpoint
from trainers.cost import Cost
from trainers.cut import cut_below
from trainers.inputs import Inputs, Padded, StateInputs, TokenInputs
from trainers.methods import Method
from trainers.native import is_native
from trainers.pooling import pick, pool
from trainers.prefix_cache import cache_bytes, cache_path, fill_cache, read_cache
from trainers.recompute import recompute
from trainers.settings import Training
from trainers.team import ALONE, Team


@dataclass(frozen=True, eq=False)
class BenchSpec:
    """All that a process needs to open a bench; travels to workers.

    Args:
        checkpoint: The base model.
        method: What is trained on it.
        training: How.
        tasks: Encoded tasks by name.
        cache: Folder of cached states.
        device: A torch device such as ``cpu`` or ``cuda:0``.
        threads: CPU threads of this process; part of a job's identity, since it orders sums.
        also: Devices that train each run together with ``device``; in no identity, as they change results by rounding,
            and by what dropout draws.
    """

    checkpoint: Checkpoint
    method: Method
    training: Training
    tasks: Mapping[str, EncodedTask]
    cache: Path
    device: str
    threads: int
    also: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Bench:
    """An opened :class:`BenchSpec`.

    Args:
        spec: What was opened.
        backbone: The base model, cut below ``lowest``.
        adapter: The backbone with what the method trains.
        lowest: Lowest adapted layer; 0 if all are adapted.
        team: This process among those that train its runs together.
    """

    spec: BenchSpec
    backbone: Backbone
    adapter: Adapter
    lowest: int
    _inputs: dict[tuple[str, str, int], Inputs] = field(default_factory=dict)
    team: Team = ALONE

    @property
    def tasks(self) -> Mapping[str, EncodedTask]:
        """Encoded tasks by name."""
        return self.spec.tasks

    @property
    def device(self) -> torch.device:
        """Where runs are computed."""
        return self.backbone.device

    @property
    def dtype(self) -> torch.dtype:
        """Number type of the trained weights: fp32, whatever the base model's."""
        return self.adapter_parameters[0].dtype if self.adapter_parameters else torch.float32

    @property
    def mixed(self) -> bool:
        """As :class:`trainers.backbone.Backbone` has it."""
        return self.backbone.mixed

    def inputs(self, task: str, split: str, side: int) -> Inputs:
        """Texts of one side, as states if lower layers are cached."""
        key = (task, split, side)
        if key not in self._inputs:
            rows = self.tasks[task].splits[split]
            tokens = rows.sides[side]
            if self.lowest == 0:
                self._inputs[key] = TokenInputs(tokens, rows.read_at)
            else:
                states = read_cache(states_path(self.spec, tokens, lowest=self.lowest))
                self._inputs[key] = StateInputs(tokens, states, rows.read_at)
        return self._inputs[key]

    def features(self, batch: Padded, task: str | None = None) -> Tensor:
        """Pooled features of a batch of texts, shape ``(B, H)``; of texts that are read at places, those, ``(P, H)``.

        Args:
            task: Whose head will read them; where all are pooled alike, it may be left out.
        """
        return self.pooled(self.states(batch), batch, task)

    def pooled(self, states: Tensor, batch: Padded, task: str | None = None) -> Tensor:
        """The same of a batch's last hidden states, shape ``(B, L, H)``."""
        if batch.read_at is not None:
            return pick(states, batch.read_at)
        return pool(states, batch.mask, self.backbone.pooling(native=task is not None and is_native(self.tasks[task])))

    def lower_states(self, batch: Padded, *, lowest: int) -> Tensor:
        """Hidden states that enter layer ``lowest`` without the adapter, in fp32, shape ``(B, L, H)``."""
        layer = self.backbone.layers[lowest]
        with self.without_adapter(), stopped_at(layer) as seen, torch.inference_mode():
            self.states(batch)
        return seen[0].float()

    def states(self, batch: Padded) -> Tensor:
        """Last hidden states of a batch of texts, shape ``(B, L, H)``."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.mixed):
            states: Tensor = self.adapter(**self.backbone.inputs(batch.values, batch.mask, cut=self.lowest > 0))
        return states

    def positions(self, batch: Padded) -> int:
        """Positions that a pass over a batch computes: its own, and those that the adapter puts before every text."""
        return batch.tokens + self.adapter.before * len(batch.mask)

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        """Within it, features are those of the base model alone."""
        _ = self.adapter_parameters  # found by being trained, and remembered: PEFT freezes them meanwhile
        with self.adapter.off():
            yield

    @cached_property
    def adapter_parameters(self) -> list[nn.Parameter]:
        """The adapter's trained weights, in the model's order."""
        return [parameter for parameter in self.adapter.parameters() if parameter.requires_grad]

    def private_parameters(self, task: str) -> list[nn.Parameter]:
        """Adapter weights that a task does not share with its group: none, unless the bench has some."""
        return []

    def reset(self, *, seed: int) -> None:
        """Draws the adapter's initial weights anew, from ``seed`` alone."""
        self.adapter.reset(seed=seed)

    def adapter_weights(self) -> dict[str, Tensor]:
        """The adapter's present weights by the names that files have."""
        return self.adapter.weights()

    @property
    def multiplied(self) -> int:
        """Trained weights whose gradient takes 2 FLOPs per token."""
        return self.adapter.multiplied

    @cached_property
    def forward_flops(self) -> float:
        """FLOPs per token forward through the computed layers: 2 per weight of a linear map or a fixed product."""
        return 2.0 * (matrix_parameters([self.adapter], chosen=self.backbone.chosen) + self.adapter.fixed)

    @cached_property
    def training_flops(self) -> float:
        """FLOPs per trained token: forward, activation gradients, and the adapter's weight gradients."""
        return 2 * self.forward_flops + 2.0 * self.multiplied


def has_text(tasks: Mapping[str, EncodedTask]) -> bool:
    """Whether one of the tasks completes prompts."""
    return any(task.kind.name == "text" for task in tasks.values())


def open_bench(spec: BenchSpec) -> Bench:
    """Loads the base model and puts the adapter on.

    Raises:
        InputError: If the base model or the method's targets are unusable.
    """
    torch.set_num_threads(spec.threads)
    native = spec.training.head == "native"
    language = has_text(spec.tasks)
    backbone = load_backbone(spec.checkpoint, device=torch.device(spec.device), native=native, language=language)
    lowest = backbone.computed_from(spec.method.lowest(backbone.depth))
    cut_below(backbone, lowest)
    adapter = spec.method.attach(backbone, lowest=lowest)
    if spec.training.recompute:
        recompute(backbone)
    for parameter in adapter.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return Bench(spec, backbone, adapter, lowest)


def prepare(
    spec: BenchSpec,
    splits: Sequence[str],
    *,
    threads: int,
    advance: Callable[[int], None] = lambda _rows: None,
) -> Cost:
    """Computes the frozen lower layers of ``splits`` of every task, unless they are cached.

    Args:
        splits: Names of the splits.
        threads: CPU threads to use meanwhile.
        advance: Called with the number of texts done, as they are done.

    Returns:
        What it cost; nothing if all was cached or all layers are adapted.
    """
    import time

    if spec.method.layers == "all":
        return Cost()
    start, positions = time.perf_counter(), 0
    torch.set_num_threads(threads)
    backbone = load_backbone(spec.checkpoint, device=torch.device(spec.device))
    lowest = backbone.computed_from(spec.method.lowest(backbone.depth))
    if lowest == 0:
        return Cost()
    for task in spec.tasks.values():
        for split in splits:
            for tokens in task.splits[split].sides:
                positions += fill_cache(
                    states_path(spec, tokens, lowest=lowest),
                    tokens,
                    TokenInputs(tokens),
                    lambda batch: lower_states(backbone, batch.values, batch.mask, lowest=lowest),
                    hidden=backbone.hidden,
                    device=backbone.device,
                    advance=advance,
                )
    flops = 2.0 * matrix_parameters(list(backbone.layers[:lowest]), chosen=backbone.chosen) * positions
    return Cost(seconds=time.perf_counter() - start, flops=flops, tokens_forward=positions)


def cached_bytes(spec: BenchSpec, *, hidden: int, splits: Sequence[str] | None = None) -> int:
    """Disk that cached states take: of all splits where lower layers are not adapted, or of these in any case."""
    if splits is None and spec.method.layers == "all":
        return 0
    rows = [task.splits[split] for task in spec.tasks.values() for split in splits or task.splits]
    return sum(cache_bytes(side, hidden) for of in rows for side in of.sides)


def states_path(spec: BenchSpec, tokens: Tokens, *, lowest: int) -> Path:
    """Where the states are kept that enter layer ``lowest``."""
    identity = f"{spec.checkpoint.identity}:{torch.device(spec.device).type}"
    return cache_path(spec.cache, tokens, identity=identity, lowest=lowest)
