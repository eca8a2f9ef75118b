"""The package as a whole."""

import subprocess
import sys

import pytest

import grouping


def test_every_name_is_there() -> None:
    assert all(getattr(grouping, name) is not None for name in grouping.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Bundle'"):
        getattr(grouping, "Bundle")  # noqa: B009 - a name that mypy would refuse


def test_nothing_imports_torch() -> None:
    modules = "grouping.loop, grouping.study, grouping.read, grouping.verdict, grouping.oracle"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
