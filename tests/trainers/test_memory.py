"""The peak of this process, and of no other."""

import subprocess
import sys

import numpy as np
import torch

from trainers.memory import peak_memory

BLOCK = 2**30
"""Bytes; far more than a process needs that only loads torch."""
CPU = torch.device("cpu")
CHILD = "import torch; from trainers.memory import peak_memory; print(peak_memory(torch.device('cpu')))"


def test_what_was_held_counts_after_it_is_free() -> None:
    before = peak_memory(CPU)
    block = np.ones(BLOCK // 4, dtype=np.uint8)
    del block
    assert peak_memory(CPU) >= before


def test_a_process_does_not_inherit_the_peak_of_the_one_that_started_it() -> None:
    block = np.ones(BLOCK, dtype=np.uint8)
    assert peak_memory(CPU) >= len(block)
    child = subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True)
    assert 2**20 < int(child.stdout) < BLOCK
