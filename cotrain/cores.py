"""How many cores this process may use: threads that outnumber them cost dearly."""

import os
from collections.abc import Iterator
from pathlib import Path

CGROUP_2 = Path("/sys/fs/cgroup/cpu.max")
CGROUP_1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
MEMBERSHIP = Path("/proc/self/cgroup")
"""Says in which group of the second version this process is: the limits of all groups above it hold too."""


def allowed_cores() -> int:
    """Cores that the scheduler may put this process on."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on, which asks PYTHON_CPU_COUNT too
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota() -> float | None:
    """Cores' worth of time that a container may use, or None where there is no limit."""
    limits = [limit for file in _files() if (limit := _second(file)) is not None]
    if limits or CGROUP_2.is_file():
        return min(limits, default=None)
    try:
        limit = int(CGROUP_1.read_text())
        period = int(CGROUP_1.with_name("cpu.cfs_period_us").read_text())
        return None if limit < 0 else limit / period
    except (OSError, ValueError):
        return None


def _files() -> Iterator[Path]:
    """Where limits of the second version may stand: of the container as it sees itself, and of this process's group."""
    yield CGROUP_2
    try:
        groups = [line[4:] for line in MEMBERSHIP.read_text().splitlines() if line.startswith("0::/")]
    except OSError:
        return
    for group in groups:
        parts = Path(group).parts
        yield from (CGROUP_2.parent.joinpath(*parts[:count], CGROUP_2.name) for count in range(1, len(parts) + 1))


def _second(file: Path) -> float | None:
    try:
        limit, period = file.read_text().split()[:2]
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        return None


def usable_cores() -> int:
    """Whole cores that this process can keep busy: what it may run on, within its quota, at least 1."""
    limit = quota()
    return allowed_cores() if limit is None else max(1, min(allowed_cores(), int(limit)))
