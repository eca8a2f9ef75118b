"""Bootstrap resamples of a task's examples, by unit."""

from collections.abc import Mapping

import numpy as np
import torch

from affinity.kernel import Kernel
from affinity.simulation import Counts
from affinity.splits import SPLITS
from tasks.encoding import EncodedTask
from trainers.mixing import seeded


def resample(kernel: Kernel, tasks: Mapping[str, EncodedTask], *, seed: int, number: int) -> Counts:
    """Resample ``number``: every unit is drawn as often as chance has it, all its examples and readouts with it.

    A task's draw depends on its name and not on the other tasks. Counts average 1.
    """
    found = {}
    for name, block in kernel.blocks.items():
        for split in SPLITS:
            units, place = np.unique(tasks[name].splits[split].units, return_inverse=True)
            generator = seeded("resample", seed, number, name, split)
            drawn = np.bincount(generator.integers(len(units), size=len(units)), minlength=len(units))[place]
            drawn = drawn[block.rows[split]]
            each = np.repeat(drawn / max(drawn.mean(), 1.0 / len(drawn)), block.repeats).astype(np.float32)
            found[name, split] = torch.from_numpy(each).to(block.gram.device)
    return found
