"""The order in which a group's members take their batches.

Every member makes the same number of passes over its own examples; mixing only orders the batches. A task's own batches
depend on the seed, its name and the pass alone, so a single, a pair and a larger group see them in the same order.
"""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.batches import batches
from tasks.encoding import EncodedTask

Step = tuple[str, NDArray[np.int64]]
"""A task and the rows of its next batch."""


def seeded(*parts: object) -> np.random.Generator:
    """A generator that depends on ``parts`` only: the same on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def one_pass(
    group: Sequence[str], tasks: Mapping[str, EncodedTask], *, batch_size: int, seed: int, number: int
) -> list[Step]:
    """All batches of pass ``number``, members shuffled into each other.

    Args:
        group: Names of the members; their order does not matter.
        number: 0-based pass; every pass is shuffled anew.
    """
    members = sorted(group)
    own = {
        name: batches(
            tasks[name].splits["train"],
            batch_size=batch_size,
            generator=seeded("batches", seed, name, number),
        )
        for name in members
    }
    turns = np.repeat(np.arange(len(members)), [len(own[name]) for name in members])
    seeded("turns", seed, number, *members).shuffle(turns)
    iterators = {name: iter(own[name]) for name in members}
    return [(members[turn], next(iterators[members[turn]])) for turn in turns]
