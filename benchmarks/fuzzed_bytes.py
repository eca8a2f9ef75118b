"""Coverage-guided bytes for one reader, with atheris: each is read, or refused in one line.

    python -m benchmarks.fuzzed_bytes .csv FOLDER [--runs 5000] [--seed 0]

Prints ``done N inputs, M read`` every hundred inputs; ends with a traceback at the first input that is neither. `pip
install atheris` first.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tasks", "cotrain"]):
    from cotrain.suite import load_suite
    from tasks.errors import InputError
    from tasks.tables import read_file
    from tests.fuzzing.inputs import NAMES, SUITE, rows_of, written

READ = [0, 0]
"""Inputs, and those that were read."""


def seeds(suffix: str) -> list[bytes]:
    """Files that are right, to begin with."""
    if suffix == ".yaml":
        import yaml

        return [yaml.safe_dump(SUITE).encode()]
    if suffix == ".parquet":
        import io

        import pandas as pd

        out = io.BytesIO()
        pd.DataFrame(rows_of("defect.csv")).to_parquet(out)
        return [out.getvalue()]
    return [written(name, rows_of(name)) for name in NAMES if name.endswith(suffix)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suffix")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    corpus = given.folder / f"corpus{given.suffix}"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(given.suffix)):
        (corpus / f"seed-{number}").write_bytes(content)
    path = given.folder / f"input{given.suffix}"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        if READ[0] % 100 == 0:  # the process ends without a word of ours
            print(f"done {READ[0]} inputs, {READ[1]} read", flush=True)
        READ[0] += 1
        try:
            if given.suffix == ".yaml":
                load_suite(path)
            else:
                table = read_file(path, name=path.name)
                for column in table.columns:
                    table.column(column)
            READ[1] += 1
        except InputError as error:
            if "\n" in str(error) or not str(error):
                raise AssertionError(f"Expected one line, but got {error!r}") from None

    atheris.Setup([sys.argv[0], str(corpus), f"-runs={given.runs}", f"-seed={given.seed + 1}", "-timeout=20"], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
