import subprocess
import sys

import pytest

import affinity


def test_importing_affinity_and_its_statistics_imports_no_torch() -> None:
    parts = ("matrix", "gains", "skill", "predictors", "agreement", "factors")
    modules = ", ".join(["affinity", *(f"affinity.{part}" for part in parts)])
    code = f"import sys, {modules}; from affinity import MeanOfPairs; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", affinity.__all__)
def test_every_public_name_is_found(name: str) -> None:
    assert getattr(affinity, name) is not None


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        affinity.nothing  # noqa: B018
