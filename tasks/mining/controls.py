"""Tasks whose affinities are known beforehand: two halves of one task, and a task with shuffled labels.

The halves must end in one group: each is the other's missing training data. They share validation and test rows: only
training rows may differ between two tasks that are the same, and whole held-out sets make the sharper control; the
errors of the two halves are correlated by it, which no claim depends on. The shuffled task must help nobody.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks.errors import InputError
from tasks.mining.files import write_task
from tasks.mining.mined import Mined
from tasks.mining.recipe import SPLITS, Row


def halves(name: str, mined: Mined, *, seed: int) -> dict[str, dict[str, Any]]:
    """Cuts the training rows of a task into two tasks, ``<name>_half_a`` and ``<name>_half_b``.

    Classes, or the order of a regression's labels, are divided evenly. Validation and test rows are the task's own.

    Args:
        name: A task of ``mined``.
        seed: Seed of the cut.

    Returns:
        Two suite entries by name; their files lie in ``mined.folder``.

    Raises:
        InputError: If the task has fewer than two training rows, or the folder cannot be written.
    """
    rows = _read(name, mined)
    train = rows["train"]
    if len(train) < 2:
        raise InputError(f"Expected at least 2 training rows to cut, but got {len(train)}.", place=f"tasks.{name}")
    columns = _labels(mined.tasks[name])
    order = np.random.default_rng([seed, zlib.crc32(name.encode())]).permutation(len(train)).tolist()
    order.sort(key=lambda place: [train[place][column] for column in columns])  # stable: random among equals
    return {
        f"{name}_half_{letter}": _save(
            f"{name}_half_{letter}", {**rows, "train": [train[place] for place in sorted(half)]}, name, mined, seed
        )
        for letter, half in (("a", order[::2]), ("b", order[1::2]))
    }


def shuffled(name: str, mined: Mined, *, seed: int) -> dict[str, dict[str, Any]]:
    """A copy of a task, ``<name>_shuffled``, whose labels are permuted inside every split.

    Retrieval: the documents are permuted. Frequencies of classes stay, what they say about texts is chance.

    Args:
        name: A task of ``mined``.
        seed: Seed of the permutations.

    Returns:
        One suite entry by name; its files lie in ``mined.folder``.

    Raises:
        InputError: If the folder cannot be written.
    """
    entry = mined.tasks[name]
    columns = _labels(entry) or [str(entry["document"])]
    rows = _read(name, mined)
    for place, split in enumerate(SPLITS):
        generator = np.random.default_rng([seed, zlib.crc32(name.encode()), place])
        order = generator.permutation(len(rows[split]))
        labels = [{column: rows[split][int(donor)][column] for column in columns} for donor in order]
        rows[split] = [{**row, **label} for row, label in zip(rows[split], labels, strict=True)]
    return {f"{name}_shuffled": _save(f"{name}_shuffled", rows, name, mined, seed)}


def _labels(entry: Mapping[str, Any]) -> list[str]:
    label = entry.get("label", [])
    return [label] if isinstance(label, str) else list(label)


def _read(name: str, mined: Mined) -> dict[str, list[Row]]:
    paths = {split: mined.folder / mined.tasks[name]["data"][split] for split in SPLITS}
    return {
        split: [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        for split, path in paths.items()
    }


def _save(name: str, rows: Mapping[str, Sequence[Row]], origin: str, mined: Mined, seed: int) -> dict[str, Any]:
    fields = {field: value for field, value in mined.tasks[origin].items() if field != "data"}
    return dict(write_task(mined.folder, f"controls-{seed}/{name}", fields, rows)["entry"])
