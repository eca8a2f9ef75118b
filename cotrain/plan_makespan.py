"""How long runs take on several workers."""

import heapq
from collections.abc import Sequence
from itertools import islice


def makespan(seconds: Sequence[float], workers: int) -> float:
    """Until the last of the runs ends, each begun on the worker that is free first, the longest first.

    At most a third above the shortest possible (Graham, SIAM J. Appl. Math., 1969).
    """
    ends = [0.0] * workers
    for run in sorted(seconds, reverse=True):
        heapq.heapreplace(ends, ends[0] + run)
    return max(ends)


def in_batches(seconds: Sequence[float], batches: Sequence[int], workers: int) -> float:
    """The same of runs in batches, each of which waits for the whole one before.

    Args:
        seconds: Of every run.
        batches: Runs of each batch, as many as there are in all.
    """
    runs = iter(seconds)
    return sum(makespan(list(islice(runs, batch)), workers) for batch in batches)
