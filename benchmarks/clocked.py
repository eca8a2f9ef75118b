"""What a stretch of work took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def clocked() -> Iterator[dict[str, float]]:
    """Fills in, at its end, ``seconds`` of the clock and ``cpu_seconds`` of this process, summed over its threads.

    With one thread they are equal where nothing else ran.
    """
    found: dict[str, float] = {}
    start, own = time.perf_counter(), time.process_time()
    yield found
    found |= {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - own}
