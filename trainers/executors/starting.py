"""How worker processes start.

On Linux, for work on CPUs, they are forked from a server that has imported the libraries once, and done nothing else: a
worker then begins in a tenth of a second instead of the seconds that the imports take. Everywhere else every worker is
a new interpreter: what an import may have told a GPU's driver does not survive a fork.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext, SpawnContext

import torch

PRELOADED = ("torch", "transformers", "peft", "trainers.bench", "trainers.executors.workers")
"""What the server imports; the first start in a process decides."""


def start_context(device: str) -> ForkServerContext | SpawnContext:
    """The context that starts workers for a torch device such as ``cpu`` or ``cuda:0``."""
    if sys.platform != "linux" or torch.device(device).type != "cpu":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def take_environment(variables: Mapping[str, str]) -> None:
    """Gives a worker the variables that its parent has now; the server still has those of its first start."""
    os.environ.clear()
    os.environ.update(variables)
