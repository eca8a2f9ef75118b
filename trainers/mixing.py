"""The order in which a group's members take their batches.

How many batches each has in a pass of the group is for :mod:`trainers.turns` to say: by default those of one pass over
its own examples, so that mixing only orders them. A task's own batches depend on the seed, its name and its own pass
alone, so a single, a pair and a larger group see them in the same order, under any mixing: a member that has more turns
than its own pass holds goes on with its next one, and one that has fewer goes on where it stopped.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tasks.batches import batches
from tasks.encoding import EncodedTask
from trainers.turns import Mixing, is_proportional, turns

Step = tuple[str, NDArray[np.int64]]
"""A task and the rows of its next batch."""


def seeded(*parts: object) -> np.random.Generator:
    """A generator that depends on ``parts`` only: the same on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def one_pass(
    group: Sequence[str],
    tasks: Mapping[str, EncodedTask],
    *,
    batch_size: int,
    seed: int,
    number: int,
    mixing: Mixing = "proportional",
    parts: int = 1,
    jointly: bool = False,
) -> list[Step]:
    """All batches of pass ``number``, members shuffled into each other.

    Args:
        group: Names of the members; their order does not matter.
        number: 0-based pass; every pass is shuffled anew.
        mixing: Shares of the members.
        parts: Parts into which the pass will be cut, as :func:`numpy.array_split` does; where shares are not
            proportional, every member is in each, if there is room.
        jointly: Whether every step takes a batch of each member: members then take turns in the order of their names.
    """
    members = sorted(group)
    lengths = [-(-len(tasks[name].splits["train"]) // batch_size) for name in members]
    counts = turns(lengths, mixing, parts=parts, jointly=jointly)
    own = {
        name: _own(name, tasks[name], count, length, batch_size=batch_size, seed=seed, number=number)
        for name, count, length in zip(members, counts, lengths, strict=True)
    }
    generator = seeded("turns", seed, number, *members)
    if jointly:
        order = np.tile(np.arange(len(members)), counts[0])
    elif is_proportional(mixing):
        order = np.repeat(np.arange(len(members)), counts)
        generator.shuffle(order)
    else:
        order = _spread(counts, parts, generator)
    return [(members[turn], next(own[members[turn]])) for turn in order]


def _own(
    name: str, task: EncodedTask, count: int, length: int, *, batch_size: int, seed: int, number: int
) -> Iterator[NDArray[np.int64]]:
    """A task's batches in pass ``number`` of its group, ``count`` in each, from its own passes of ``length``."""
    rows, place, own = task.splits["train"], number * count, -1
    found: list[NDArray[np.int64]] = []
    for index in range(place, place + count):
        if index // length != own:
            own = index // length
            found = batches(rows, batch_size=batch_size, generator=seeded("batches", seed, name, own))
        yield found[index % length]


def _spread(counts: Sequence[int], parts: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Turns of members in random order; every member is in each part, if it has as many turns and the parts room."""
    sizes = [len(part) for part in np.array_split(np.arange(sum(counts)), parts)]
    each = min(sizes) >= len(counts) and min(counts) >= parts
    left = np.repeat(np.arange(len(counts)), [count - parts * each for count in counts])
    generator.shuffle(left)
    members = np.arange(len(counts) * each)
    edges = np.cumsum([0, *(size - len(members) for size in sizes)])
    found = [np.concatenate([members, left[start:end]]) for start, end in pairwise(edges)]
    for part in found:
        generator.shuffle(part)
    return np.concatenate(found).astype(np.int64)
