"""A linter's findings, as labels: ruff, a fixed selection of rules, its own defaults and nobody's settings."""

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tasks.errors import InputError

RULES = ("ARG", "B904", "BLE", "E722", "RET", "S", "SIM", "SLF", "TRY", "UP030", "UP031", "UP032")
"""Rules and families of rules that are asked for; a recipe reads those it needs."""

Findings = Mapping[str, tuple[tuple[int, str], ...]]
"""Pairs of line and rule by file, in the order of lines."""

_REMEDY = "install it with `pip install ruff`, or leave out the tasks `lint` and `security`."


def linter_version() -> str:
    """Version of the installed ruff, or an empty string; part of the cache's key."""
    try:
        return version("ruff")
    except PackageNotFoundError:
        return ""


def run_linter(paths: Mapping[str, Path]) -> Findings:
    """Lints every file once, ``# noqa`` ignored.

    Args:
        paths: Files by name.

    Raises:
        InputError: If ruff is not installed, or fails.
    """
    if not linter_version():
        raise InputError(f"Expected the linter ruff, but it is not installed; {_REMEDY}")
    names = {str(path.resolve()): name for name, path in paths.items()}
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero"]
    command += ["--quiet", "--output-format", "json", "--ignore", "TRY003"]
    command += ["--select", ",".join(RULES), "--", *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise InputError(
            f"Expected findings of ruff {linter_version()}, but it failed: {answer.stderr[-200:]}; {_REMEDY}"
        )
    found: dict[str, list[tuple[int, str]]] = {}
    for finding in json.loads(answer.stdout):
        name = names.get(str(Path(finding["filename"]).resolve()))
        if name is not None and finding["code"]:
            found.setdefault(name, []).append((int(finding["location"]["row"]), str(finding["code"])))
    return {name: tuple(sorted(rows)) for name, rows in found.items()}
