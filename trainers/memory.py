"""Peak memory of a run's process."""

import resource
import sys

import torch


def peak_memory(device: torch.device) -> int:
    """Bytes: the device's own count on a GPU, the process's peak resident set elsewhere."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
