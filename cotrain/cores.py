"""How many cores this process may use: threads that outnumber them cost dearly."""

import os
from pathlib import Path

CGROUP_2 = Path("/sys/fs/cgroup/cpu.max")
CGROUP_1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")


def allowed_cores() -> int:
    """Cores that the scheduler may put this process on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota() -> float | None:
    """Cores' worth of time that a container may use, or None where there is no limit."""
    try:
        if CGROUP_2.is_file():
            limit, period = CGROUP_2.read_text().split()[:2]
            return None if limit == "max" else int(limit) / int(period)
        if CGROUP_1.is_file():
            limit = CGROUP_1.read_text()
            period = CGROUP_1.with_name("cpu.cfs_period_us").read_text()
            return None if int(limit) < 0 else int(limit) / int(period)
    except (OSError, ValueError):
        return None
    return None


def usable_cores() -> int:
    """Whole cores that this process can keep busy: what it may run on, within its quota, at least 1."""
    limit = quota()
    return allowed_cores() if limit is None else max(1, min(allowed_cores(), int(limit)))
