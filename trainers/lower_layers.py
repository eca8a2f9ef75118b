"""The layers below the uppermost ones, computed once per text, so that :func:`trainers.upper.upper` need not."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from trainers.cost import Cost

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec


@dataclass(frozen=True)
class Cached:
    """What became of one task's texts.

    Args:
        files: Names of the files that hold their states; none where nothing had to be cached.
        room: Whether the disk had room for them.
        cost: What it cost.
    """

    files: tuple[str, ...]
    room: bool
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class LowerLayers:
    """Caching the states of one task's texts that enter the uppermost layers, as a job."""

    task: str
    """Name of the task."""
    splits: tuple[str, ...]
    """Whose texts."""
    share: float
    """Of the layers that are left out, the uppermost."""
    context: str
    """Content hash of base model, data and device."""
    folder: Path
    """Where the files are kept."""
    size: float
    """Tokens."""

    trains: ClassVar[bool] = False
    """It is no training run."""

    @classmethod
    def of(cls, spec: "BenchSpec", task: str, splits: Sequence[str], *, share: float) -> "LowerLayers":
        """The job of one task."""
        rows = spec.tasks[task].splits
        return cls(
            task=task,
            splits=tuple(splits),
            share=share,
            context=":".join([spec.checkpoint.identity, spec.tasks[task].fingerprint, spec.device.split(":")[0]]),
            folder=spec.cache,
            size=float(sum(len(side.ids) for split in splits for side in rows[split].sides)),
        )

    @property
    def key(self) -> str:
        content = ["lower layers", self.task, self.splits, self.share, self.context]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"lower layers of {self.task}"

    def run(self, context: "Bench") -> Cached:
        """Fills the cache of :func:`trainers.upper.upper`."""
        from trainers.backbone import matrix_parameters
        from trainers.bench import states_path
        from trainers.mapped_file import NoRoom
        from trainers.prefix_cache import fill_cache
        from trainers.upper import lowest_of

        start, positions, files = time.perf_counter(), 0, []
        lowest, backbone = lowest_of(context, self.share), context.backbone
        if lowest <= context.lowest:
            return Cached((), True, Cost())
        for split in self.splits:
            for side, tokens in enumerate(context.tasks[self.task].splits[split].sides):
                path = states_path(context.spec, tokens, lowest=lowest)
                try:
                    positions += fill_cache(
                        path,
                        tokens,
                        context.inputs(self.task, split, side),
                        lambda batch: context.lower_states(batch, lowest=lowest),
                        hidden=backbone.hidden,
                        device=context.device,
                    )
                except NoRoom:
                    return Cached((), False, Cost())
                files.append(path.name)
        layers = list(backbone.layers[context.lowest : lowest])
        flops = 2.0 * matrix_parameters(layers, chosen=backbone.chosen) * positions
        cost = Cost(seconds=time.perf_counter() - start, flops=flops, tokens_forward=positions)
        return Cached(tuple(files), True, cost)

    def encode(self, result: Cached) -> bytes:
        return json.dumps(asdict(result)).encode()

    def decode(self, data: bytes) -> Cached:
        """What became of the texts.

        Raises:
            ValueError: If a file is gone; it is then made again.
        """
        found = json.loads(data)
        kept = Cached(tuple(found["files"]), found["room"], Cost(**found["cost"]))
        if gone := [name for name in kept.files if not (self.folder / name).exists()]:
            raise ValueError(f"Expected {', '.join(gone)} in {self.folder}, but got no such file.")
        return kept
