"""Suites and data files as nobody would write them, many of them, and what became of each.

    python -m benchmarks.fuzzed FOLDER [--inputs 50000] [--runs 5000]

``--inputs`` suites and as many data files by hypothesis (:mod:`tests.fuzzing`), and ``--runs`` files for each reader by
atheris, which looks for new ways through the code (:mod:`benchmarks.fuzzed_bytes`). Counted are those that were read
and those that were refused in one line; anything else ends the benchmark with its input. Writes
``results/fuzzed.json``.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.kept import write_json
from benchmarks.machine import machine
from tests.fuzzing.inputs import NAMES, SUITE, data_files, rows_of, suites, written
from tests.fuzzing.reading import read

READERS = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".yaml")
OUT = Path(__file__).parent / "results" / "fuzzed.json"
RIGHT = {name: written(name, rows_of(name)) for name in NAMES}


def drawn(inputs: int, folder: Path, *, number: int) -> dict[str, Any]:
    """Suites, then data files."""
    found: dict[str, Counter[str]] = {"suites": Counter(), "data files": Counter()}
    many = settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @seed(number)
    @many
    @given(suite=suites())
    def some_suites(suite: bytes) -> None:
        found["suites"]["read" if read(folder, suite, RIGHT) == "read" else "refused"] += 1

    @seed(number)
    @many
    @given(name=st.sampled_from(NAMES), data=st.data())
    def some_data(name: str, data: st.DataObject) -> None:
        files = {**RIGHT, name: data.draw(data_files(name))}
        told = read(folder, yaml.safe_dump(SUITE).encode(), files)
        found["data files"]["read" if told == "read" else "refused"] += 1

    runs: list[Callable[[], None]] = [some_suites, some_data]
    for run in runs:
        run()
    return {name: dict(of) for name, of in found.items()}


def guided(suffix: str, runs: int, folder: Path) -> dict[str, int]:
    """By atheris, in a process of its own, which it ends."""
    command = [sys.executable, "-m", "benchmarks.fuzzed_bytes", suffix, str(folder), "--runs", str(runs)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    counted = re.findall(r"done (\d+) inputs, (\d+) read", ended.stdout)
    if ended.returncode != 0 or not counted:
        raise SystemExit(f"{suffix}: {ended.stdout[-2000:]}{ended.stderr[-4000:]}")
    inputs, whole = map(int, counted[-1])
    return {"read": whole, "refused": inputs - whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for inputs; in memory, if possible")
    parser.add_argument("--inputs", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    start = time.perf_counter()
    asked.folder.mkdir(parents=True, exist_ok=True)
    (asked.folder / "drawn").mkdir(exist_ok=True)
    found: dict[str, Any] = {"machine": machine(), "by hypothesis": {}, "by atheris": {}}
    for suffix in READERS if asked.runs else ():
        found["by atheris"][suffix] = guided(suffix, asked.runs, asked.folder)
        print(suffix, found["by atheris"][suffix], flush=True)
    found["by hypothesis"] = drawn(asked.inputs, asked.folder / "drawn", number=asked.seed)
    parts = [*found["by hypothesis"].values(), *found["by atheris"].values()]
    found["inputs"] = sum(sum(of.values()) for of in parts)
    found["seconds"] = round(time.perf_counter() - start)
    write_json(asked.out, found)
    shutil.rmtree(asked.folder)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
