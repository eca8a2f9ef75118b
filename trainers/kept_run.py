"""A run in the middle as a file: what it needs to end with the same weights as if it had never stopped."""

import json
import math
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from trainers.averaging import MovingAverage
from trainers.bench import Bench
from trainers.checked_file import load_checked, save_checked
from trainers.curve import Curve, Point

EVERY = 300.0
"""Seconds after which a run is kept again."""


class Resumable(Protocol):
    """What of a run is kept: :class:`trainers.loop.SingleRun` has it."""

    bench: Bench
    own: dict[str, list[nn.Parameter]]
    averages: list[MovingAverage]
    optimizer: torch.optim.AdamW
    curve: Curve
    steps: int
    forward: int
    backward: int
    unread: dict[str, list[float]]
    unread_shares: dict[str, list[float]]
    last: tuple[str, Tensor]
    start: float
    before: float
    done: int
    into: int
    pieces: int

    def retune(self) -> None:
        """Sets the optimiser's step sizes for the next step."""


class KeptRun:
    """Where one run is kept while it is in progress.

    Args:
        path: The file; None keeps nothing.
        writes: Whether this process writes it; of several that train together, one does.
    """

    def __init__(self, path: Path | None, *, writes: bool = True) -> None:
        self.path, self._writes = path, writes
        self._kept = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to keep the run again."""
        return self.path is not None and time.monotonic() - self._kept > EVERY

    def save(self, run: Resumable) -> None:
        """Writes the run under a temporary name and renames it; a full disk ends no run."""
        if self.path is None or not self._writes:
            return
        self._kept = time.monotonic()
        meta, tensors = _taken(run)
        save_checked(self.path, tensors, json.dumps(meta))

    def restore(self, run: Resumable) -> bool:
        """Takes the run up where the file left it; a missing or damaged file leaves it at its beginning."""
        kept = None if self.path is None else load_checked(self.path)
        if kept is None:
            return False
        tensors, said = kept
        try:
            meta = json.loads(said)
            fitting = _shapes(_taken(run)[1]) == {
                name: shape for name, shape in _shapes(tensors).items() if not name.startswith(("best.", "optimizer."))
            }
        except (ValueError, KeyError, TypeError):
            return False
        if not fitting:
            return False
        _put(run, meta, tensors)
        return True

    def drop(self) -> None:
        """Removes the file of a run that is done."""
        if self.path is not None and self._writes:
            with suppress(OSError):
                self.path.unlink()


def _shapes(tensors: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: of.shape for name, of in tensors.items() if not name.startswith(("best.", "optimizer."))}


def _weights(run: Resumable) -> dict[str, Tensor]:
    found = {f"adapter.{index}": of.data for index, of in enumerate(run.bench.adapter_parameters)}
    for name, head in run.own.items():
        found |= {f"head.{name}.{index}": of.data for index, of in enumerate(head)}
    for place, average in enumerate(run.averages):
        found |= {f"average.{place}.{index}": of for index, of in enumerate(average.average)}
    return found


def _taken(run: Resumable) -> tuple[dict[str, Any], dict[str, Tensor]]:
    tensors = _weights(run) | {"random.cpu": torch.get_rng_state()}
    if run.bench.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(run.bench.device)
    for place, state in run.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{key}": of for key, of in state.items()}
    for place, weights in enumerate(run.curve.weights or ()):
        tensors |= {f"best.{place}.{index}": of for index, of in enumerate(weights)}
    name, norm = run.last
    meta = {
        "parts": run.done,
        "steps_of_part": run.into,
        "pieces": run.pieces,
        "steps": run.steps,
        "forward": run.forward,
        "backward": run.backward,
        "seconds": run.before + time.perf_counter() - run.start,
        "counts": [average.count for average in run.averages],
        "losses": run.unread,
        "shares": run.unread_shares,
        "last": [name, float(norm)],
        "chosen": run.curve.chosen,
        "ended": run.curve.ended,
        "points": [
            [point.value, dict(point.stop), dict(point.train), dict(point.shares)] for point in run.curve.points
        ],
    }
    return meta, {name: of.detach().contiguous().clone().cpu() for name, of in tensors.items()}


@torch.no_grad()
def _put(run: Resumable, meta: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    for name, of in _weights(run).items():
        of.copy_(tensors[name])
    state: dict[int, dict[str, Tensor]] = {}
    for name, of in tensors.items():
        kind, *place = name.split(".")
        if kind == "optimizer":
            state.setdefault(int(place[0]), {})[place[1]] = of
    run.optimizer.load_state_dict({**run.optimizer.state_dict(), "state": state})
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], run.bench.device)
    run.done, run.into, run.pieces = meta["parts"], meta["steps_of_part"], meta["pieces"]
    run.steps, run.forward, run.backward = meta["steps"], meta["forward"], meta["backward"]
    run.before = meta["seconds"]
    for average, count in zip(run.averages, meta["counts"], strict=True):
        average.count = count
    run.unread = {name: list(losses) for name, losses in meta["losses"].items()}
    run.unread_shares = {name: list(shares) for name, shares in meta["shares"].items()}
    run.last = meta["last"][0], torch.tensor(meta["last"][1] if meta["last"][1] is not None else math.nan)
    curve = run.curve
    curve.points = [Point(*point) for point in meta["points"]]
    curve.chosen, curve.ended = meta["chosen"], meta["ended"]
    best = [[name for name in tensors if name.startswith(f"best.{place}.")] for place in range(len(run.averages))]
    if any(best):
        curve.weights = [
            [tensors[f"best.{place}.{index}"].to(run.bench.device) for index in range(len(names))]
            for place, names in enumerate(best)
        ]
    run.retune()
