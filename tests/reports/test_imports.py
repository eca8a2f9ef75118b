"""Reports need no torch, and the package alone not even Matplotlib."""

import subprocess
import sys

CHECK = """
import sys
import reports
assert "matplotlib" not in sys.modules
import reports.report, reports.terminal
heavy = {"torch", "transformers", "peft", "optuna"} & set(sys.modules)
assert not heavy, heavy
assert "matplotlib.pyplot" not in sys.modules
"""


def test_imports_stay_light() -> None:
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_names_are_refused() -> None:
    import pytest

    import reports

    with pytest.raises(AttributeError, match="no attribute `rendr`"):
        _ = reports.rendr
