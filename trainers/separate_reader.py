"""Logits of an exported model as another process reads it, without this project.

The process is started by the first export that is checked, and serves the later ones: a start costs the imports of
torch, `transformers` and PEFT, which take longer than reading a small model. It ends with this process.
"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError

CLOSE = 1e-4
"""Most that a logit may differ, relative to the largest: fp32 sums in another order."""
_READER = """
import json, os, runpy, sys, traceback
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no answer
for line in sys.stdin:
    asked = json.loads(line)
    try:
        import torch
        names = runpy.run_path(asked["script"])
        found = []
        with torch.no_grad():
            for row in asked["rows"]:
                of = names["model"](input_ids=torch.tensor([row]), attention_mask=torch.ones(1, len(row))).logits[0]
                found.append((of if of.dim() == 1 else of[-1]).tolist())
        answer = {"logits": found}
    except Exception as error:
        answer = {"error": traceback.format_exception_only(error)[-1].strip()}
    names = of = None
    print(json.dumps(answer), file=answers, flush=True)
"""


class SeparateReader:
    """A process that runs scripts and says what the model that each of them leaves makes of texts."""

    def __init__(self) -> None:
        self._scripts = TemporaryDirectory(prefix="cotrain-reader-")
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        atexit.register(self.close)

    def read(self, load: str, rows: Sequence[Sequence[int]]) -> dict[str, Any]:
        """``logits`` of every row, or the ``error`` in one line."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        script = Path(self._scripts.name) / "load.py"
        script.write_text(load, encoding="utf-8")
        asked = {"script": str(script), "rows": [list(map(int, row)) for row in rows]}
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, ValueError):
            self.process.kill()
            answer = {"error": f"the process that reads it ended with {self.process.wait()}"}
        return answer

    def close(self) -> None:
        """Ends the process; it may have ended before."""
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:
                continue  # what was not sent is of no use to a process that has ended
        self.process.wait()
        self._scripts.cleanup()


@cache
def _reader_of(process: int) -> SeparateReader:
    """The one of this process; a forked one must not speak on its parent's pipes."""
    return SeparateReader()


def check_logits(folder: Path, load: str, rows: Sequence[Sequence[int]], expected: NDArray[np.float32]) -> float:
    """Compares the logits of a model that is read in another process with what they should be.

    Args:
        folder: Of the export, for messages.
        load: Lines of Python that leave the model in ``model``.
        rows: Token ids of some texts.
        expected: Shape ``(N, C)``; of a language model, of the token after the text, ``(N, V)``.

    Returns:
        The largest difference of a logit, relative to the largest logit.

    Raises:
        InputError: If the model cannot be read, or the difference is above :data:`CLOSE`.
    """
    reader = _reader_of(os.getpid())
    answer = reader.read(load, rows)
    if reader.process.poll() is not None:
        _reader_of.cache_clear()  # the next export is read by a new one
    if "error" in answer:
        raise InputError(f"the export cannot be read back: {answer['error']}", place=str(folder))
    found: NDArray[np.float64] = np.array(answer["logits"])
    apart = float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))
    if not apart <= CLOSE:
        raise InputError(f"the export scores otherwise than the trained group, by {apart:.2g}", place=str(folder))
    return apart
