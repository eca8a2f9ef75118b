"""How fast one process computes here: a few timed steps."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from trainers.backbone import load_backbone, lower_states
from trainers.bench import Bench
from trainers.inputs import Padded

SQUARE = 1024
"""Rows of the matrices whose product is timed."""
STEPS = 6
"""Timed steps; the first is not counted."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Tokens per second of one process."""

    lower: float
    """Through the frozen lower layers, forward."""
    forward: float
    """Through the adapted layers, forward."""
    train: float
    """Forward and backward, with the optimiser's step."""
    products: float
    """FLOP per second of a product of two matrices."""


def measure_speed(bench: Bench) -> Speed:
    """Times a few forward and training steps on random states of typical length."""
    spec, device = bench.spec, bench.device
    lengths = np.concatenate([side.lengths for task in spec.tasks.values() for side in task.splits["train"].sides])
    length, rows = round(float(lengths.mean())), spec.training.batch_size
    mask = torch.ones(rows, length, dtype=torch.long, device=device)
    ids = torch.from_numpy(
        np.concatenate([side.ids for task in spec.tasks.values() for side in task.splits["train"].sides])
    )
    ids = ids[: rows * length].long().resize_(rows, length).to(device)
    whole = load_backbone(spec.checkpoint, device=device)
    batch = Padded(ids if bench.lowest == 0 else lower_states(whole, ids, mask, lowest=bench.lowest).clone(), mask)
    head = torch.nn.Parameter(torch.ones((), device=device))
    optimizer = torch.optim.AdamW([*bench.adapter_parameters, head], lr=0.0)

    def train() -> None:
        (bench.features(batch).square().mean() * head).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def forward() -> None:
        with torch.inference_mode():
            bench.features(batch)

    square = torch.ones(SQUARE, SQUARE, device=device)

    def product() -> None:
        square @ square

    tokens = rows * length
    return Speed(
        lower=tokens / _seconds(lambda: lower_states(whole, ids, mask, lowest=bench.lowest), device),
        forward=tokens / _seconds(forward, device),
        train=tokens / _seconds(train, device),
        products=2 * SQUARE**3 / _seconds(product, device),
    )


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """Median time of one call."""
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))
