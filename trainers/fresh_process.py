"""Logits of an exported model as a fresh process reads it, without this project."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError

CLOSE = 1e-4
"""Most that a logit may differ, relative to the largest: fp32 sums in another order."""
_CHECK = """
import json, sys, torch
rows = json.load(sys.stdin)
with torch.no_grad():
    found = [model(input_ids=torch.tensor([row]), attention_mask=torch.ones(1, len(row))).logits[0] for row in rows]
print(json.dumps([(logits if logits.dim() == 1 else logits[-1]).tolist() for logits in found]))
"""


def check_logits(folder: Path, load: str, rows: Sequence[Sequence[int]], expected: NDArray[np.float32]) -> float:
    """Compares the logits of a model that is read in a fresh process with what they should be.

    Args:
        folder: Of the export, for messages.
        load: Lines of Python that leave the model in ``model``.
        rows: Token ids of some texts.
        expected: Shape ``(N, C)``; of a language model, of the token after the text, ``(N, V)``.

    Returns:
        The largest difference of a logit, relative to the largest logit.

    Raises:
        InputError: If the process fails, or the difference is above :data:`CLOSE`.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", load + _CHECK],
        input=json.dumps([list(map(int, row)) for row in rows]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.strip()]
        raise InputError(f"the export cannot be read back: {last[-1] if last else 'no message'}", place=str(folder))
    found: NDArray[np.float64] = np.array(json.loads(done.stdout.splitlines()[-1]))
    apart = float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))
    if not apart <= CLOSE:
        raise InputError(f"the export scores otherwise than the trained group, by {apart:.2g}", place=str(folder))
    return apart
