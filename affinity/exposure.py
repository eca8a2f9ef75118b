"""How often the members of simulated groups take a step in a pass, under the trainer's mixing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.settings import Training
from trainers.turns import is_proportional, shares

Steps = float | Tensor
"""One number for all groups of a task, or one for each, shape ``(groups,)``."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """Of one task, in each of the groups that it is in.

    Args:
        steps: Steps of the adapter in a pass that are the task's.
        shared: The same in units of the task's own pass: 1 under proportional mixing.
        own: Steps of the task's head in a pass, in units of its own pass.
        averaged: Steps of a pass after which the task's average takes weights in.
    """

    steps: Steps
    shared: Steps
    own: Steps
    averaged: Steps


def exposures(
    sizes: Mapping[str, float], members: NDArray[np.bool_], training: Training, *, device: torch.device
) -> dict[str, Exposure]:
    """Of every task that is in a group.

    Shares are exact, without the trainer's rounding to whole batches. With an aggregator, whose weights are not
    simulated, every joint step counts an equal part for each member.

    Args:
        sizes: Steps of each task's own pass, of ``T`` tasks.
        members: Groups as rows of membership, shape ``(G, T)``.
    """
    names = [name for t, name in enumerate(sizes) if members[:, t].any()]
    if is_proportional(training.mixing) and not training.jointly:
        return {name: Exposure(sizes[name], 1.0, 1.0, sizes[name]) for name in names}
    own = np.array(list(sizes.values()))
    weights = shares(own, training.mixing)
    made = np.where(members, weights * (members @ own / (members @ weights))[:, None], 0.0)  # shape: (G, T)
    joint = np.broadcast_to(made.max(axis=1, keepdims=True), made.shape)
    parts = joint / members.sum(axis=1, keepdims=True)
    found = {}
    for t, name in enumerate(sizes):
        if name in names:
            of = [values[members[:, t], t] for values in ((parts, joint) if training.jointly else (made, made))]
            steps, often = (torch.from_numpy(values.astype(np.float32)).to(device) for values in of)
            found[name] = Exposure(steps, steps / own[t], often / own[t], often)
    return found
