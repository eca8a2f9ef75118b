"""Where files are kept between runs."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$COTRAIN_CACHE``, or `cotrain` in the user's cache folder."""
    named = os.environ.get("COTRAIN_CACHE")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "cotrain"
