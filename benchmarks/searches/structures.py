r"""Ways in which tasks help one another: expected gains of every group's members, in scales of a task.

Each takes membership ``(G, T)`` and a generator, and gives expected gains ``(G, T)``; what stands where a task is no
member means nothing. Most are mean effects of a target's partners,

.. math:: m_t(S) = \frac{1}{|S| - 1} \sum_{s \in S \setminus t} A_{s t}.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Members = NDArray[np.bool_]
Structure = Callable[[Members, np.random.Generator], Array]


def partner_means(members: Members, effects: Array) -> Array:
    """Mean effect of every target's partners; ``effects[s, t]`` is that of ``s`` on ``t``, shape ``(T, T)``."""
    off = effects * (1 - np.eye(len(effects)))
    found: Array = members @ off / np.maximum(members.sum(axis=1, keepdims=True) - 1, 1)
    return found


def blocks(members: Members, generator: np.random.Generator) -> Array:
    """Two to four blocks, by the number of tasks: partners of one's own block help, all others hurt."""
    count = members.shape[1]
    block = generator.permutation(np.arange(count) % max(2, min(4, count // 3)))
    return partner_means(members, np.where(block[:, None] == block, 1.0, -0.8))


def hubs(members: Members, generator: np.random.Generator) -> Array:
    """One hub, or two of many tasks, helps everybody and gets nothing for it; the others hurt each other."""
    count = members.shape[1]
    hub = generator.permutation(count) < (1 if count < 10 else 2)
    help_from_hub = (members & hub).any(axis=1)[:, None] & ~hub
    return partner_means(members, np.full((count, count), -0.5)) * ~hub + 1.2 * help_from_hub - 0.1 * hub


def chains(members: Members, generator: np.random.Generator) -> Array:
    """An order in which each task helps the next one and, less, the one after; backwards it hurts."""
    place = generator.permutation(members.shape[1])
    step = place[None, :] - place[:, None]  # from source to target
    effects = np.select([step == 1, step == 2, step > 2], [2.0, 0.8, 0.0], -0.5)
    return partner_means(members, effects)


def size_penalties(members: Members, generator: np.random.Generator) -> Array:
    """Every partner costs, some tasks more than others; the first one helps most tasks."""
    count = members.shape[1]
    slope = generator.uniform(0.1, 0.9, count)
    level = generator.normal(0.6, 0.5, count)
    size = members.sum(axis=1, keepdims=True)
    return level - slope * (size - 2) + partner_means(members, generator.normal(0.0, 0.4, (count, count)))


def low_rank(members: Members, generator: np.random.Generator) -> Array:
    """Two hidden traits of sources and targets; all together is an outlier, up or down."""
    count = members.shape[1]
    found = partner_means(members, generator.normal(size=(count, 2)) @ generator.normal(size=(2, count)))
    return found + generator.choice([-1.5, 1.5]) * members.all(axis=1, keepdims=True)


def noise(members: Members, generator: np.random.Generator) -> Array:
    """Nothing but luck, a little below 0."""
    return np.full(members.shape, -0.2)


STRUCTURES: dict[str, Structure] = {
    "blocks": blocks,
    "hubs": hubs,
    "chains": chains,
    "size penalties": size_penalties,
    "low rank": low_rank,
    "noise": noise,
}
