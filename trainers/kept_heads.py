"""Fitted heads in files: of many tasks, fits take minutes, and every worker needs them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from tasks.encoding import EncodedTask
from trainers import head_fits
from trainers.checked_file import bytes_of, load_checked, save_checked
from trainers.head_fits import FittedHeads, folds_of

VERSION = 1
"""Raised whenever a change of code may change a fit."""


def kept_heads(
    folder: Path,
    task: EncodedTask,
    frozen: tuple[Tensor, ...],
    *,
    tokens: int,
    head: Callable[[], nn.Module],
    fit: Callable[[], FittedHeads],
) -> FittedHeads:
    """The heads that were fitted to this before, by whatever process; else fits them, and keeps them.

    Args:
        folder: Where they are kept; one that cannot be written keeps nothing.
        task: Whose heads.
        frozen: Pooled features of the training texts by side, shape ``(N, H)`` each.
        tokens: Positions computed for them.
        head: Makes an unfitted one.
        fit: Fits heads, as :func:`trainers.head_fits.fit_heads` does.
    """
    empty = head()
    path = folder / f"heads-{_key(task, frozen, empty)}.safetensors"
    known = load_checked(path)
    rows = task.splits["train"]
    if known is not None:
        tensors, said = known
        heads = [_filled(head(), tensors, number, frozen[0]) for number in range(head_fits.FOLDS + 1)]
        fold = folds_of(rows.units, task=task.name)
        penalty, loss = json.loads(said)
        return FittedHeads(heads[0], tuple(heads[1:]), fold, penalty, loss, frozen, tokens)
    found = fit()
    if found.penalty > 0:  # else nothing was fitted
        tensors = {
            f"{number}.{name}": values.detach().cpu().contiguous().clone()
            for number, of in enumerate((found.whole, *found.folds))
            for name, values in of.state_dict().items()
        }
        save_checked(path, tensors, json.dumps([found.penalty, found.loss]))
    return found


def _filled(head: nn.Module, tensors: dict[str, Tensor], number: int, like: Tensor) -> nn.Module:
    start = f"{number}."
    head.load_state_dict({name.removeprefix(start): of for name, of in tensors.items() if name.startswith(start)})
    return head.to(like.device)


def _key(task: EncodedTask, frozen: tuple[Tensor, ...], head: nn.Module) -> str:
    """Of everything that decides a fit; the features tell the base model and the texts."""
    rows = task.splits["train"]
    shapes = [[name, list(values.shape)] for name, values in head.state_dict().items()]
    settings = [head_fits.FOLDS, head_fits.PENALTIES, head_fits.PATIENCE, head_fits.STEPS]
    content = [VERSION, task.name, task.kind.name, type(head).__name__, shapes, settings]
    digest = hashlib.blake2b(json.dumps(content).encode(), digest_size=16)
    for array in (rows.targets, rows.units):
        digest.update(np.ascontiguousarray(array).tobytes())
    for values in (*frozen, *head.state_dict().values()):  # an architecture's own head keeps some of its weights
        digest.update(bytes_of(values))
    return digest.hexdigest()
