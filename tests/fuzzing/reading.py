"""What is fuzzed: a suite and its data, from files to tasks; a refusal is one line, and nothing else is written."""

import contextlib
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import huggingface_hub.constants

from cotrain.load_tasks import load_tasks
from cotrain.suite import load_suite
from tasks.errors import InputError

OFFLINE = ("HF_HUB_OFFLINE", True)
"""Names that might be a data set's on the hub are not asked for."""
LONGEST = 10.0
"""Seconds that reading may take."""


def read(folder: Path, suite: bytes, files: Mapping[str, bytes]) -> str:
    """Writes the files, reads all of them, and tells how that ended: ``read``, or the line of the refusal.

    Raises:
        AssertionError: If the refusal is no line, reading took too long, or other files are there than before.
    """
    (folder / "suite.yaml").write_bytes(suite)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    before, begun, told = set(folder.rglob("*")), time.monotonic(), "read"
    with warnings.catch_warnings(), contextlib.chdir(folder), patch.object(huggingface_hub.constants, *OFFLINE):
        warnings.simplefilter("error")
        try:
            load_tasks(load_suite(folder / "suite.yaml"))
        except InputError as error:
            told = str(error)
    took = time.monotonic() - begun
    assert "\n" not in told, told
    assert told, "a refusal without words"
    assert took < LONGEST, f"{took:.1f} s"
    assert set(folder.rglob("*")) == before, "files were written"
    return told
