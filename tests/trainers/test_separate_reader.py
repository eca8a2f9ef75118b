"""Exports are read by one process without this project, which tells what it cannot read and may end."""

from pathlib import Path

import numpy as np
import pytest

from tasks.errors import InputError
from trainers.separate_reader import SeparateReader, check_logits

LOAD = """
import torch
class model(torch.nn.Module):
    def __init__(self, logits):
        super().__init__()
        self.logits = logits
    def forward(self, input_ids, attention_mask):
        import types
        assert attention_mask.shape == input_ids.shape
        print("what a library prints is no answer")
        return types.SimpleNamespace(logits=input_ids[..., None].float() * self.logits)
model = model(torch.tensor([1.0, 0.5]))
"""
TELL = """
import os, sys, types, torch
def model(input_ids, attention_mask):
    return types.SimpleNamespace(logits=torch.tensor([[{}]]))
"""
FOLDER = Path("export")


def test_what_is_read_is_compared() -> None:
    expected = np.array([[3.0, 1.5], [7.0, 3.5]], dtype=np.float32)
    assert check_logits(FOLDER, LOAD, [[1, 3], [7]], expected) == 0.0
    expected[1, 1] += 0.07
    with pytest.raises(InputError, match=r"otherwise than the trained group, by 0\.01$"):
        check_logits(FOLDER, LOAD, [[1, 3], [7]], expected)


def test_one_process_reads_all_and_has_not_imported_this_project() -> None:
    reader = SeparateReader()
    try:
        first, second = (reader.read(TELL.format("os.getpid()"), [[1]]) for _ in range(2))
        assert first == second == {"logits": [[pytest.approx(reader.process.pid)]]}
        ours = "float(any(name.split('.')[0] in ('cotrain', 'trainers', 'tasks') for name in sys.modules))"
        assert reader.read(TELL.format(ours), [[1]]) == {"logits": [[0.0]]}
        assert reader.read("kept = 1\n" + TELL.format("1.0"), [[1]]) == {"logits": [[1.0]]}
        assert "NameError" in reader.read(TELL.format("float(kept)"), [[1]])["error"]  # nothing is left of another
    finally:
        reader.close()
    assert reader.process.returncode == 0


def test_a_failure_is_one_line_and_a_dead_process_is_replaced() -> None:
    expected = np.array([[3.0, 1.5]], dtype=np.float32)
    with pytest.raises(InputError, match=r"^export: .* cannot be read back: ValueError: no such weights$"):
        check_logits(FOLDER, "raise ValueError('no such weights')", [[3]], expected)
    with pytest.raises(InputError, match=r"^export: .* the process that reads it ended with 3$"):
        check_logits(FOLDER, "import os; os._exit(3)", [[3]], expected)
    assert check_logits(FOLDER, LOAD, [[3]], expected) == 0.0
